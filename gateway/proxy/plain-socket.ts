/** Tells Node's own sockets from what only behaves like one: only they can be read and written in the quick ways. */
import { Socket } from "node:net";

/** Whether it is TCP (or a pipe) and nothing around it. A TLS socket takes one write at a time, and a second one aborts. */
export const isPlain = (socket: Socket): boolean => Object.getPrototypeOf(socket) === Socket.prototype;
