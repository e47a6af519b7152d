// Owns: what is said of each step of an incident.

import type { IncidentStep } from "../journal/record.ts";
import type { Alert } from "./notice.ts";
import type { Said, Told } from "./told.ts";

type Step<Name extends IncidentStep["step"]> = Extract<IncidentStep, { step: Name }>;

/** The step is the last of `watch.steps`. */
export function incidentNotice(watch: Told, step: IncidentStep): Said {
  const alert = alertOf(watch, "raised");
  switch (step.step) {
    case "detected":
      return {
        ...{ type: "detected", severity: "critical", alert },
        title: `Something is wrong since ${step.fault}: ${names(step)}`,
        facts: step.reasons.map(({ signal, detail, falseAlarms }) => [
          signal,
          `${detail} [${falseAlarms}]`,
        ]),
      };
    case "decided":
      return decided(watch, step, alert);
    case "rolledBack":
      return {
        ...{ type: "rolled-back", severity: "critical", alert },
        title: `Taken back: ${step.versions.join(", ") || "nothing"}; not verified yet`,
        facts: [["Rows in conflict with later writes", conflicts(step)]],
      };
    case "verified": {
      const failing = step.checks.filter(({ passed }) => !passed);
      return {
        ...{ type: "verified", severity: step.passed ? "info" : "critical", alert },
        title: step.passed ? "The rollback is verified" : "The rollback did not pass its checks",
        facts: (step.passed ? step.checks : failing).map(({ name, detail }) => [name, detail]),
      };
    }
    case "closed":
      return closed(watch, step);
  }
}

function decided(watch: Told, { action, why, covers }: Step<"decided">, alert: Alert): Said {
  const versions = covers.map(({ version }) => version);
  if (action !== "page") {
    const what =
      action === "cancel"
        ? "The running migration is being cancelled"
        : `${versions.join(", ")} is being taken back`;
    return {
      ...{ type: "decided", severity: "critical", alert },
      title: `${what}: ${why}`,
      facts: [],
    };
  }
  return {
    ...{ type: "paged", severity: "critical", alert },
    title: `A human has to decide: ${why}`,
    facts: [
      ["Applied, and still there", versions.join(", ") || "nothing"],
      ["Taking it back would lose", lossOf(watch, versions)],
    ],
    next: "belay report tells what was found, belay decide what each way costs now; then belay down, or a migration that goes forward.",
  };
}

function closed(watch: Told, { outcome, why }: Step<"closed">): Said {
  const back = watch.steps.find((each): each is Step<"rolledBack"> => each.step === "rolledBack");
  const facts: Said["facts"] = [
    ["Taken back", back?.versions.join(", ") || "nothing"],
    ["Rows in conflict with later writes", back ? conflicts(back) : "none: nothing was taken back"],
  ];
  if (outcome === "rolledBack") {
    const alert = alertOf(watch, "resolved");
    return { type: "closed", severity: "info", title: `Over: ${why}`, facts, alert };
  }
  const alert = alertOf(watch, "raised");
  const isPaged = watch.steps.some((each) => each.step === "decided" && each.action === "page");
  // Whoever has been called already is not called again for the same.
  return {
    ...{ type: isPaged ? "closed" : "paged", severity: "critical", alert, facts },
    title: `Handed over to a human: ${why}`,
    next: "The guard does nothing more by itself. belay report tells what happened, belay status where it stands.",
  };
}

function alertOf({ key, steps }: Told, state: Alert["state"]): Alert {
  return { key: `${key}-incident`, name: "BelayIncident", state, since: steps[0]?.time ?? "" };
}

function names({ reasons }: Step<"detected">): string {
  return reasons.map(({ signal }) => signal).join(", ");
}

function conflicts({ conflicts: count }: Step<"rolledBack">): string {
  return count === 0 ? "none" : `${count}; all are in belay.conflict`;
}

/** As it was recorded when they were applied; nobody counts while an incident goes on. */
function lossOf({ covers }: Told, versions: readonly string[]): string {
  const losses = versions.flatMap((version) => covers.get(version)?.losses ?? []);
  if (losses.length === 0) return "nothing that is known";
  const known = losses.map(({ object, rows, estimated, why }) => {
    const count = rows === null ? "rows not counted" : `${estimated ? "about " : ""}${rows} rows`;
    return `${object} (${count}): ${why}`;
  });
  return known.join("; ");
}
