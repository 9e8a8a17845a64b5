/** What is open on the demonstration desktop: a ground, a window manager, a customer case to fill in, a terminal. */
import { join } from "node:path";
import { Desktop } from "./desktop.ts";
import type { Parts } from "./parts.ts";

const files = join(import.meta.dirname, "desk");

/** A desktop of 1280 by 800 with something to do on it. */
export async function startDesk(parts: Parts): Promise<Desktop> {
  const desktop = await Desktop.start(parts, { width: 1280, height: 800 });
  const ground = ["-add", "#2b4a63", "-add", "#17303f", "-gradient", "160"];
  await desktop.open("usr/bin/hsetroot", ground).exited;
  await desktop.open("usr/bin/xsetroot", ["-cursor_name", "left_ptr"]).exited;
  desktop.open("usr/bin/openbox", ["--config-file", join(files, "openbox.xml"), "--sm-disable"]);
  // the shell is the machine's own: it must not look for its character sets here
  const shell = ["-e", "/usr/bin/env", "-u", "GCONV_PATH", "/bin/sh"];
  const terminal = [
    "-fa",
    "DejaVu Sans Mono",
    "-fs",
    "11",
    "-bg",
    "#10181f",
    "-fg",
    "#d7e0e8",
    "-geometry",
    "58x24+40+320",
  ];
  desktop.open("usr/bin/xterm", [...terminal, "-T", "Terminal", ...shell]);
  desktop.open("usr/bin/wish8.6", ["-encoding", "utf-8", join(files, "case.tcl"), "-geometry", "640x700+600+46"]);
  return desktop;
}
