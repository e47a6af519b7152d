import { createHash } from "node:crypto";

/** SHA-256 of UTF-8 text, lower-case hex. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Checksum of a script: line endings do not count, since git may change them at checkout. */
export function checksum(sql: string): string {
  return sha256(sql.replaceAll("\r\n", "\n"));
}
