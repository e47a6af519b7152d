// The walls between rooms: imports point down only, type imports counted. A room that is not named
// as allowed in a rule below it may not be reached.

/** Rooms from the ground up; each may import the ones named for it, and itself. */
const rooms = {
  core: [],
  sql: ["core"],
  formats: ["core", "sql"],
  dialects: ["core", "sql"],
  journal: ["core", "dialects"],
  plan: ["core", "dialects", "journal"],
  engine: ["core", "dialects", "journal", "plan"],
  prove: ["core", "dialects"],
  archive: ["core", "dialects"],
  guard: ["core", "dialects"],
  notify: ["core", "dialects", "journal"],
  app: [
    ...["core", "sql", "formats", "dialects", "journal", "plan", "engine", "prove", "archive"],
    ...["guard", "notify"],
  ],
  cli: ["core", "dialects", "engine", "plan", "prove", "guard", "notify", "app"],
};

const walls = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-imports-down-only`,
  severity: "error",
  from: { path: `^src/${room}/`, pathNot: "\\.test\\.ts$" },
  to: { path: "^src/", pathNot: `^src/(${[room, ...allowed].join("|")})/` },
}));

module.exports = {
  forbidden: [
    ...walls,
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "only-the-target-knows-dialects",
      comment: "A dialect is a folder that one can delete; these files choose.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(dialects|app/(target|scratch-server))|\\.test\\.ts$" },
      to: { path: "^src/dialects/[^/]+/" },
    },
    {
      name: "pg-delta-in-one-file",
      severity: "error",
      from: { pathNot: "^src/dialects/postgres/catalog/derive" },
      to: { path: "node_modules/@supabase/pg-delta" },
    },
    {
      name: "pg-in-one-file",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/dialects/postgres/session\\.ts$" },
      to: { path: "node_modules/pg(-copy-streams)?/" },
    },
    {
      name: "nodemailer-in-one-file",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/notify/channels/email\\.ts$" },
      to: { path: "node_modules/nodemailer/" },
    },
    {
      name: "no-dev-dependencies",
      severity: "error",
      from: { path: "^src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
  },
};
