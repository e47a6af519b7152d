// Owns: the list of kinds of channels, in the order of `docs/notifications.md`.

import type { ChannelKind } from "../channel.ts";
import { kind as alertmanager } from "./alertmanager.ts";
import { kind as email } from "./email.ts";
import { kind as pagerduty } from "./pagerduty.ts";
import { kind as slack } from "./slack.ts";
import { kind as webhook } from "./webhook.ts";

export const channelKinds: readonly ChannelKind[] = [
  webhook,
  slack,
  email,
  pagerduty,
  alertmanager,
];
