// The station's calls: a file goes in pieces, each told where it begins; a piece that is there already is skipped.

const token = document.querySelector('meta[name="csrf"]').content;
const PIECE = 2 << 20;
const ROOT = '/api/v1/station';

/** The server does not answer, or is not well: the same call may be made again. */
export class Unreachable extends Error {}

async function call(method, path, body, type = 'application/json') {
  let response;
  try {
    response = await fetch(ROOT + path, {
      method,
      body,
      headers: { Accept: 'application/json', 'Content-Type': type, 'X-CSRF-Token': token },
    });
  } catch {
    throw new Unreachable();
  }
  if (response.status >= 500) throw new Unreachable();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok && !(response.status === 409 && 'offset' in answer)) throw new Error(answer.message ?? String(response.status));
  return answer;
}

/** Open a batch; returns its number. */
export async function openBatch(values) {
  return (await call('POST', '/batches', JSON.stringify(values))).batch;
}

/** All files are there. */
export function closeBatch(batch) {
  return call('POST', `/batches/${batch}/close`, '{}');
}

/** Hand one file in; `tell` hears which share is there. Returns when the server has it for good. */
export async function handIn(batch, file, tell) {
  const name = file.webkitRelativePath || file.name;
  const upload = await nameOf(`${batch} ${name} ${file.size} ${file.lastModified}`);
  let { offset } = await call('GET', `/uploads/${upload}`);
  for (;;) {
    while (offset < file.size) {
      const piece = file.slice(offset, offset + PIECE);
      ({ offset } = await call('PUT', `/uploads/${upload}?offset=${offset}`, piece, 'application/octet-stream'));
      tell(offset / file.size);
    }
    const answer = await call('POST', `/batches/${batch}/files`, JSON.stringify({ upload, name: file.name, size: file.size }));
    if ('receipt' in answer) return answer;
    offset = answer.offset;
  }
}

/** The same name for the same file, so that an upload goes on after a reload (FNV-1a, 64 bits, no secret). */
async function nameOf(text) {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}
