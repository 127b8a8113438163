// Handing a box in: files or a folder, in pieces that may be repeated. Nothing is told as received before the
// server has it for good.
import { handIn, openBatch, closeBatch, Unreachable } from './upload.js';

const form = document.getElementById('newbatch');
const drop = document.getElementById('drop');
const sending = document.getElementById('sending');
const bar = document.getElementById('bar');
const said = document.getElementById('said');
const problem = document.getElementById('problem');
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

let batch = null;
let key = null;
let waiting = [];
let working = false;
let done = 0;
let all = 0;
let unsent = false;

function papers() {
  const values = Object.fromEntries(new FormData(form).entries());
  values.declared = values.declared ? Number(values.declared) : null;
  return values;
}

function show() {
  sending.hidden = false;
  bar.max = Math.max(all, 1);
  bar.value = done;
  said.textContent = `${done} / ${all} ${said.dataset.sent}`;
}

/** Try until the server answers: an hour without a network loses nothing while the page is open. */
async function insisted(call) {
  for (let wait = 1000; ; wait = Math.min(wait * 2, 30000)) {
    try {
      const answer = await call();
      problem.hidden = true;
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      problem.textContent = form.dataset.again;
      problem.hidden = false;
      await pause(wait);
    }
  }
}

async function work() {
  if (working || !waiting.length) return;
  if (!form.reportValidity()) return;
  working = true;
  unsent = true;
  try {
    key ??= [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, '0')).join('');
    batch ??= await insisted(() => openBatch({ key, ...papers() }));
    while (waiting.length) {
      const file = waiting[0];
      await insisted(() => handIn(batch, file, (share) => { bar.value = done + share; }));
      waiting.shift();
      done += 1;
      show();
    }
    await insisted(() => closeBatch(batch));
    unsent = false;
    window.location.assign(`/station/${batch}`);
  } catch (error) {
    problem.textContent = `${form.dataset.refused} ${error.message}`;
    problem.hidden = false;
    working = false;
  }
}

function add(files) {
  const real = files.filter((file) => !file.name.startsWith('.') && file.name !== 'Thumbs.db');
  waiting.push(...real.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })));
  all += real.length;
  if (!real.length) return;
  show();
  work();
}

/** All files below a dropped folder. */
async function under(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => { entry.file(resolve, reject); })];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (!some.length) return found;
    for (const each of some) found.push(...await under(each));
  }
}

for (const name of ['files', 'folder']) {
  document.getElementById(name).addEventListener('change', (event) => add([...event.target.files]));
}
drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', async (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const files = [];
  for (const entry of entries) files.push(...await under(entry));
  add(files);
});
form.addEventListener('submit', (event) => { event.preventDefault(); work(); });
window.addEventListener('beforeunload', (event) => { if (unsent) event.preventDefault(); });
document.body.dataset.ready = '';
