/** The OpenAPI 3.1 document, made from the table of routes: what is served is what is described. */
import { z } from "zod";
import { problem } from "./contract/common.ts";
import { event } from "./contract/event.ts";
import type { Route } from "./contract/route.ts";
import { routes } from "./contract/routes.ts";

type Json = Record<string, unknown>;

/** A schema without its own dialect line: the document has one. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: "draft-2020-12", reused: "inline" }) as Json;
  return hoisted(rest);
}

/** zod puts named schemas under `$defs`; OpenAPI wants them among its components. */
const hoisted = (schema: Json): Json =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;

/** @param version of this program */
export function openApiDocument(version: string): Json {
  const components: Json = {};
  const place = (schema: z.ZodType, io: "input" | "output"): Json => {
    const { $defs, id, ...rest } = schemaOf(schema, io);
    Object.assign(components, withoutIds(($defs ?? {}) as Json));
    if (typeof id !== "string") return rest;
    components[id] = rest;
    return { $ref: `#/components/schemas/${id}` };
  };
  const problems = { content: { "application/problem+json": { schema: place(problem, "output") } } };
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    const path = `/api/v1${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = {
      operationId,
      summary: route.about,
      tags: [route.path.split("/")[1]],
      security: route.may === null ? [] : [{ session: [] }, { token: [] }],
      ...(route.may === null ? {} : { "x-samehand-role": route.may }),
      parameters: [...parameters(route.params, "path"), ...parameters(route.query, "query")],
      ...(route.body === undefined
        ? {}
        : { requestBody: { required: true, content: { "application/json": { schema: place(route.body, "input") } } } }),
      responses: {
        200: { description: "done", content: { "application/json": { schema: place(route.answer, "output") } } },
        default: { description: "a problem", ...problems },
      },
    };
  }
  paths["/api/v1/events"] = {
    get: {
      operationId: "events",
      summary: "the live stream: a snapshot, then changes, at most once a second",
      tags: ["events"],
      security: [{ session: [] }, { token: [] }],
      "x-samehand-role": "viewer",
      responses: {
        200: {
          description: "server-sent events",
          content: { "text/event-stream": { schema: place(event, "output") } },
        },
        default: { description: "a problem", ...problems },
      },
    },
  };
  return {
    openapi: "3.1.0",
    info: { title: "Samehand for operators", version },
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "samehand-operator" },
        token: { type: "http", scheme: "bearer" },
      },
    },
  };
}

function parameters(schema: z.ZodObject | undefined, where: "path" | "query"): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

const withoutIds = (schemas: Json): Json =>
  Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { id: _, ...rest } = schema as Json;
      return [name, rest];
    }),
  );
