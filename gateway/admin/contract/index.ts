/** The operators' API, version 1, as schemas and types: what the server answers and the console reads. */
export * from "./agent-export.ts";
export * from "./agent.ts";
export * from "./common.ts";
export * from "./event.ts";
export * from "./operator.ts";
export * from "./policy.ts";
export * from "./route.ts";
export * from "./routes.ts";
export * from "./session.ts";
