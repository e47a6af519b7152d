// Owns: what is read of foreign-data wrappers, servers and user mappings. Option values of user
// mappings are secrets and are not read.

import { acl, type Family, options } from "./family.ts";

export const foreign: Family = {
  classes: ["pg_foreign_data_wrapper", "pg_foreign_server", "pg_user_mapping"],
  objects: [
    {
      class: "pg_foreign_data_wrapper",
      oid: "w.oid",
      from: "pg_foreign_data_wrapper w",
      name: "'foreign-data wrapper ' || quote_ident(w.fdwname)",
      facts: {
        owner: "w.fdwowner::regrole::text",
        acl: acl("F", "w.fdwacl", "w.fdwowner"),
        handler: "nullif(w.fdwhandler, 0)::regprocedure::text",
        validator: "nullif(w.fdwvalidator, 0)::regprocedure::text",
        options: options("w.fdwoptions"),
      },
    },
    {
      class: "pg_foreign_server",
      oid: "s.oid",
      from: "pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw",
      name: "'server ' || quote_ident(s.srvname)",
      facts: {
        owner: "s.srvowner::regrole::text",
        acl: acl("S", "s.srvacl", "s.srvowner"),
        wrapper: "quote_ident(w.fdwname)",
        type: "quote_literal(s.srvtype)",
        version: "quote_literal(s.srvversion)",
        options: options("s.srvoptions"),
      },
    },
    {
      class: "pg_user_mapping",
      oid: "u.umid",
      from: "pg_user_mappings u",
      name: `'user mapping for ' || case u.umuser when 0 then 'public' else u.umuser::regrole::text end
        || ' server ' || quote_ident(u.srvname)`,
      facts: {
        options: `(select string_agg(split_part(o, '=', 1), ', ' order by o collate "C")
          from unnest(u.umoptions) o)`,
      },
    },
  ],
  parts: [],
};
