// Owns: what a run says while it works, as lines.

import type { OtherSession } from "../../dialects/dialect.ts";
import type { Report } from "../../engine/events.ts";
import type { Output } from "../output.ts";

const mark = { up: "▲", down: "▼", "back-out": "↩" } as const;

/** One line for each migration when it ends; locks and retries as they come. */
export function eventLines(output: Output): Report {
  const { paint } = output;
  let label = "";
  return (event) => {
    switch (event.kind) {
      case "migration":
        label = `${event.version} ${event.name}`;
        if (event.direction === "back-out") {
          output.aside(
            paint.yellow(`${mark["back-out"]} ${label}: taking back what was done of it`),
          );
        } else output.live(`${mark[event.direction]} ${label}`);
        return;
      case "statement":
        output.live(`  ${label}  [${event.index + 1}/${event.count}] ${oneLine(event.sql)}`);
        return;
      case "batch": {
        const share = event.share === null ? "" : `, ${Math.round(event.share * 100)} %`;
        output.live(`  ${label}  line ${event.line}: ${event.rows} rows${share}`);
        return;
      }
      case "waiting":
        for (const session of event.holders)
          output.aside(paint.yellow(`  … ${label} waits for ${who(session)}`));
        return;
      case "blocking":
        for (const session of event.waiters)
          output.aside(paint.yellow(`  ! ${label} keeps ${who(session)} waiting`));
        return;
      case "deadlock":
        // That the server has failed ours stands in the line of the next attempt.
        if (event.with) output.aside(paint.yellow(`  ! ${label}: ${event.why}`));
        return;
      case "retry":
        output.aside(
          paint.yellow(
            `  … attempt ${event.attempt}: ${event.why}; again in ${event.inMs} ms (${Math.ceil(event.budgetLeftMs / 1000)} s left)`,
          ),
        );
        return;
      case "loss":
        return;
      case "finished":
        output.aside(
          `${paint.green(mark[event.direction])} ${label}  ${paint.dim(`${event.ms} ms`)}`,
        );
        return;
      case "failed":
        output.aside(`${paint.red("✗")} ${label}`);
        return;
      case "guard":
        output.aside((event.pages ? paint.red : paint.yellow)(`◆ ${event.message}`));
        return;
      // For the live view; without one the moves of the guard are told, and its notes.
      case "look":
      case "incident":
        return;
      case "note":
        output.aside(paint.dim(event.message));
        return;
    }
  };
}

function who({ pid, user, application, state, query }: OtherSession): string {
  const role = user === "" ? "the server" : user;
  const name = application === "" ? role : `${role} (${application})`;
  return `session ${pid} of ${name}, ${state}: ${oneLine(query)}`;
}

export function oneLine(sql: string): string {
  const flat = sql.replace(/\s+/g, " ").trim();
  return flat.length > 100 ? `${flat.slice(0, 99)}…` : flat;
}
