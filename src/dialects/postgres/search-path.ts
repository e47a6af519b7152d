// Owns: in which schemas the names of a file's statements are looked for, as far as the file itself
// says (SET search_path, set_config). For looking ahead: when a statement runs, its session decides.

import type { Node, SelectStmt, VariableSetStmt } from "@pgsql/types";
import { callsIn, isSetting } from "./functions.ts";
import { quote } from "./names.ts";
import type { ParsedStatement } from "./parse.ts";

/** Absent: where the session does by itself. Null: the file changes that in a way not known before. */
export type Path = readonly string[] | null | undefined;

/** As the server takes it. */
export function pathText(path: readonly string[]): string {
  return path.map(quote).join(", ");
}

/** Goes along with the statements of a file. */
export class FilePath {
  #session: Path;
  #local: { path: Path } | undefined;
  /** Settings by which the role is another now: to it, other schemas may be open. */
  readonly #roles = new Set<string>();

  get path(): Path {
    if (this.#roles.size > 0) return null;
    return this.#local ? this.#local.path : this.#session;
  }

  /** Past the statement. */
  pass(statement: ParsedStatement): void {
    for (const { name, path, isLocal } of settingsIn(statement)) {
      if (name !== "search_path") {
        if (path !== undefined) this.#roles.add(name);
        else if (!isLocal) this.#roles.delete(name);
      } else if (isLocal) this.#local = { path };
      else {
        this.#session = path;
        this.#local = undefined;
      }
    }
  }

  endTransaction(): void {
    this.#local = undefined;
  }
}

interface Setting {
  name: string;
  /** What it is set to, if it is the path; undefined: what it was when the session began. */
  path: Path;
  isLocal: boolean;
}

const anything: Setting = { name: "search_path", path: null, isLocal: false };

/** `search_path`, and those that have to do with it. */
const counts = /^(search_path|role|session_authorization)$/;

/** The calls in it, sooner or later; others only store what they would call. */
function isCarriedOut(node: Node): boolean {
  return /^(Select|Insert|Update|Delete|Merge|CreateTableAs|Copy|Prepare|Explain)Stmt$/.test(
    Object.keys(node)[0] ?? "",
  );
}

function settingsIn({ node }: ParsedStatement): Setting[] {
  if ("VariableSetStmt" in node) return settingOf(node.VariableSetStmt);
  if ("SelectStmt" in node) return configuredBy(node.SelectStmt);
  if (isCarriedOut(node)) {
    return callsIn(node)
      .filter(isSetting)
      .flatMap(({ args }) => configured(args as Node[], false));
  }
  if ("DiscardStmt" in node) {
    const { target = "DISCARD_ALL" } = node.DiscardStmt;
    return target === "DISCARD_ALL"
      ? [{ name: "search_path", path: undefined, isLocal: false }]
      : [];
  }
  return [];
}

function settingOf({ kind, name = "", args = [], ...more }: VariableSetStmt): Setting[] {
  const { is_local: isLocal = false } = more;
  const setting = name.toLowerCase();
  if (kind === "VAR_RESET_ALL") return [{ name: "search_path", path: undefined, isLocal }];
  if (!counts.test(setting) || kind === "VAR_SET_CURRENT") return [];
  if (kind !== "VAR_SET_VALUE") return [{ name: setting, path: undefined, isLocal }];
  const values = args.map(textOf);
  const isKnown = values.every((each) => each !== undefined);
  return [{ name: setting, path: isKnown ? values : null, isLocal }];
}

/** Known only of calls that are carried out once, because they are all that is selected, from nothing. */
function configuredBy(query: SelectStmt): Setting[] {
  const calls = callsIn(query).filter(isSetting);
  const { targetList = [], op: _, limitOption: __, ...others } = query;
  const selected = targetList.flatMap((each) => {
    const value = "ResTarget" in each ? each.ResTarget.val : undefined;
    return value && "FuncCall" in value ? [value.FuncCall] : [];
  });
  const isPlain =
    Object.keys(others).length === 0 &&
    selected.length === targetList.length &&
    selected.length === calls.length &&
    selected.every((each) => callsIn({ FuncCall: each }).findIndex(isSetting) === 0);
  return calls.flatMap(({ args }) => configured(args as Node[], isPlain));
}

/** By `set_config(name, value, is_local)`. */
function configured([name, value, local]: Node[], isPlain: boolean): Setting[] {
  const known = name && textOf(name)?.toLowerCase();
  if (known === undefined) return [anything];
  if (!counts.test(known)) return [];
  const text = value && textOf(value);
  const isLocal = local && truthOf(local);
  if (!isPlain || isLocal === undefined) return [{ ...anything, name: known }];
  return [{ name: known, path: text === undefined ? null : identifiersIn(text), isLocal }];
}

/** It may hold for one transaction only: SET LOCAL, or `set_config` unless it is plainly for the session. */
export function isLocalSetting({ node }: ParsedStatement): boolean {
  if ("VariableSetStmt" in node) return node.VariableSetStmt.is_local === true;
  if (!isCarriedOut(node)) return false;
  return callsIn(node)
    .filter(isSetting)
    .some(({ args }) => truthOf((args as Node[])[2] ?? {}) !== false);
}

function textOf(node: Node): string | undefined {
  const value = "A_Const" in node ? node.A_Const : {};
  return "sval" in value ? (value.sval?.sval ?? "") : undefined;
}

function truthOf(node: Node | Record<string, never>): boolean | undefined {
  const value = "A_Const" in node ? node.A_Const : {};
  return "boolval" in value ? (value.boolval?.boolval ?? false) : undefined;
}

/** As the server does, where a character may be several bytes: letters of ASCII only. */
function folded(identifier: string): string {
  return identifier.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** `"Odd, one", public` -> two; null: the server does not read it either. */
function identifiersIn(text: string): string[] | null {
  if (text.trim() === "") return [];
  const list = text.match(/^\s*(("([^"]|"")+"|[^\s",]+)\s*(,\s*|$))+$/);
  if (list === null || /,\s*$/.test(text)) return null;
  return [...text.matchAll(/"((?:[^"]|"")+)"|[^\s",]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('""', '"') ?? folded(whole),
  );
}
