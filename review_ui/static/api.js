// Calls to the server. Every one carries the CSRF token; what went wrong is told by the kind of error.

const token = document.querySelector('meta[name="csrf"]').content;

/** The slip is held by somebody else, or judged. */
export class LeaseLost extends Error {}

/** Nobody is logged in any more. */
export class LoggedOut extends Error {}

/** Any other answer; `message` is a sentence for people. */
export class Refused extends Error {}

/** POST `body` as JSON; returns the response. `last`: the page is going away, the call must outlive it. */
export async function post(path, body = {}, { last = false, signal } = {}) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': token },
    body: JSON.stringify(body),
    keepalive: last,
    signal,
  });
  if (response.ok) return response;
  if (response.status === 409 || response.status === 404) throw new LeaseLost();
  if (response.status === 401) throw new LoggedOut();
  const answer = await response.json().catch(() => ({}));
  throw new Refused(answer.message ?? '');
}
