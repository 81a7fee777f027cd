/* Asking the server for something that is not a page. */

/** What the server refused, in the reader's language. `code` is stable, `problem` the whole RFC 9457 document. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.code = problem.code ?? "";
    this.problem = problem;
  }
}

/** The answer's JSON, null when there is none. Throws Refused, or TypeError when the server cannot be reached. */
export async function ask(url, { method = "GET", body } = {}) {
  const response = await fetch(url, {
    method,
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
    credentials: "same-origin",
  });
  const isJson = /json/.test(response.headers.get("Content-Type") ?? "");
  const data = isJson ? await response.json() : null;
  if (!response.ok) throw new Refused(response.status, data ?? {});
  return data;
}

export const post = (url, body = {}) => ask(url, { method: "POST", body });
