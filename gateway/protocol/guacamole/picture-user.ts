/**
 * The user that joins a connection for a moment to fetch its picture. From protocol 1.5.0 on guacd tells the connection's
 * owner who joins and leaves (`msg`, Guacamole protocol reference): of this user nobody is to hear.
 */
import { randomUUID } from "node:crypto";
import { InstructionReader } from "./instruction-reader.ts";

const prefix = "samehand-picture-";

/** A new one's name. */
export const pictureUserName = (): string => prefix + randomUUID();

/** Whole instructions without what guacd says of such a user. @returns the same bytes where there is nothing of it */
export function withoutPictureUser(bytes: Uint8Array): Uint8Array {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(prefix)) return bytes;
  const kept: Uint8Array[] = [];
  const reader = new InstructionReader(bytes);
  while (reader.next()) {
    const its = reader.opcode === "msg" && [2, 3].some((element) => reader.text(element).startsWith(prefix));
    if (!its) kept.push(bytes.subarray(reader.start, reader.end));
  }
  return Buffer.concat([...kept, bytes.subarray(reader.start)]);
}
