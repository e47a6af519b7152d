// Runs all benchmarks and prints their tables, or with --json one document.

import { cpus, loadavg } from "node:os";
import { aside, machine, print, readOptions } from "./arguments.mjs";
import { measureHelp, printHelp } from "./help.mjs";
import { measureSmallMigrations, printSmallMigrations } from "./small-migrations.mjs";

const options = readOptions("All benchmarks of Belay", {
  url: { type: "string", summary: "a PostgreSQL of yours; absent: an embedded one" },
  rounds: { type: "string", default: "5", summary: "rounds of the small migrations" },
  belay: { type: "string", summary: "the program; absent: this project's" },
  json: { type: "boolean", summary: "one JSON document" },
});

aside(`${machine(cpus())}, load ${loadavg()[0]?.toFixed(1)}`);
const program = options.belay === undefined ? {} : { belay: String(options.belay) };
const help = measureHelp(program);
if (!options.json) printHelp(help);
const smallMigrations = await measureSmallMigrations({
  ...{ ...program, rounds: Number(options.rounds) },
  ...(options.url === undefined ? {} : { url: String(options.url) }),
});
if (options.json) print(JSON.stringify({ help, smallMigrations }, null, 2));
else {
  print("");
  printSmallMigrations(smallMigrations);
}
