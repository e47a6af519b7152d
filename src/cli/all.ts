// Owns: the list of commands, in the order of `--help`.

import type { Command } from "./command.ts";
import { command as archive } from "./commands/archive.ts";
import { command as completion } from "./commands/completion.ts";
import { command as decide } from "./commands/decide.ts";
import { command as demo } from "./commands/demo.ts";
import { command as down } from "./commands/down.ts";
import { command as finalize } from "./commands/finalize.ts";
import { command as init } from "./commands/init.ts";
import { command as create } from "./commands/new.ts";
import { command as notify } from "./commands/notify.ts";
import { command as plan } from "./commands/plan.ts";
import { command as prove } from "./commands/prove.ts";
import { command as recover } from "./commands/recover.ts";
import { command as redo } from "./commands/redo.ts";
import { command as report } from "./commands/report.ts";
import { command as serve } from "./commands/serve.ts";
import { command as status } from "./commands/status.ts";
import { command as up } from "./commands/up.ts";
import { command as verify } from "./commands/verify.ts";
import { command as watch } from "./commands/watch.ts";

export const commands: readonly Command[] = [
  init,
  create,
  status,
  plan,
  prove,
  up,
  down,
  redo,
  finalize,
  archive,
  recover,
  verify,
  watch,
  report,
  decide,
  notify,
  serve,
  demo,
  completion,
];
