// Owns: which functions an expression or query calls, and which of them are known to leave the
// database as it is. A name that is not known counts as one that may do anything.

/** Server functions without effect; a schema's own function of such a name would be a strange one. */
const harmless = new Set(
  `abs age any_value array_agg array_append array_cat array_length array_position array_remove
  array_replace array_to_json array_to_string avg bit_and bit_or bool_and bool_or btrim cardinality
  ceil ceiling char_length character_length chr clock_timestamp col_description concat concat_ws
  convert_from convert_to count current_database current_schema current_schemas current_setting
  date_part date_trunc decode digest encode every extract factorial floor format format_type
  gen_random_uuid generate_series generate_subscripts has_column_privilege has_database_privilege
  has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege hashtext
  initcap json_agg json_array_elements json_array_elements_text json_array_length
  json_build_array json_build_object json_each json_each_text json_extract_path
  json_extract_path_text json_object json_object_agg json_object_keys json_populate_record
  json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_typeof jsonb_agg
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array
  jsonb_build_object jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text
  jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_query
  jsonb_populate_record jsonb_populate_recordset jsonb_set jsonb_strip_nulls jsonb_to_record
  jsonb_to_recordset jsonb_typeof lag last_value lead left length like_escape ln log lower lpad ltrim make_date
  make_interval make_time make_timestamp make_timestamptz max md5 min mod mode now nullif
  obj_description octet_length overlay percentile_cont percentile_disc
  pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all
  pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_backend_pid
  pg_get_constraintdef pg_get_expr pg_get_functiondef pg_get_indexdef pg_get_serial_sequence
  pg_get_userbyid pg_get_viewdef pg_relation_size pg_sleep pg_table_is_visible pg_total_relation_size
  pg_try_advisory_lock pg_try_advisory_xact_lock pg_typeof position power quote_ident quote_literal
  quote_nullable random rank regexp_match regexp_matches regexp_replace regexp_split_to_array
  regexp_split_to_table repeat replace reverse right round row_number row_to_json rpad rtrim
  sha224 sha256 sha384 sha512 sign split_part sqrt starts_with statement_timestamp string_agg
  string_to_array strpos substr substring sum timezone to_char to_date to_hex to_json to_jsonb to_number
  to_regclass to_regproc to_regtype to_timestamp transaction_timestamp translate trim trunc
  timezone overlaps similar_to_escape normalize jsonb_pretty currval lastval pg_column_size
  pg_size_pretty txid_current unnest upper version width_bucket`.split(/\s+/),
);

/** A setting of the session, with `false` as its third argument; of the transaction otherwise. */
const settings = new Set(["set_config"]);

export interface FunctionCall {
  /** Without `pg_catalog`. */
  name: string;
  args: unknown[];
}

/** Every function call in a parse tree. */
export function callsIn(node: unknown, found: FunctionCall[] = []): FunctionCall[] {
  if (Array.isArray(node)) for (const each of node) callsIn(each, found);
  else if (typeof node === "object" && node !== null) {
    for (const [name, inner] of Object.entries(node)) {
      if (name === "FuncCall") found.push(callOf(inner));
      callsIn(inner, found);
    }
  }
  return found;
}

function callOf(call: {
  funcname?: { String?: { sval?: string } }[];
  args?: unknown[];
}): FunctionCall {
  const names = (call.funcname ?? []).map((each) => each.String?.sval ?? "");
  if (names[0] === "pg_catalog") names.shift();
  return { name: names.join("."), args: call.args ?? [] };
}

export function isHarmless({ name }: FunctionCall): boolean {
  return harmless.has(name) || settings.has(name);
}

export function isSetting({ name }: FunctionCall): boolean {
  return settings.has(name);
}

/** Functions that give the same for every row of a statement: a default of them is one value. */
const stable = new Set(
  `now statement_timestamp transaction_timestamp current_setting current_database current_schema
  timezone to_timestamp make_interval make_date date_trunc date_part lower upper concat md5 encode
  decode to_char txid_current version format json_build_object jsonb_build_object json_build_array
  jsonb_build_array array_append string_to_array to_json to_jsonb abs round floor ceil length`.split(
    /\s+/,
  ),
);

/** Whether an expression may differ from row to row, so that a default of it rewrites the table. */
export function isVolatile(expression: unknown): boolean {
  return callsIn(expression).some(({ name }) => !stable.has(name));
}
