/** The visits of `visits.ts`, to the stand-in of Guacamole's web application: its tunnel classes, and a page like its own. */
import { rmSync } from "node:fs";
import t from "tap";
import { standInPages, WebApplication } from "../parts/web-application.ts";
import { visits } from "./visits.ts";

const pages = standInPages();
t.teardown(() => rmSync(pages, { recursive: true, force: true }));
await visits(t, { name: "stand-in", application: pages, sharing: WebApplication.database });
