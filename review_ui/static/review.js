// The review page: keys, the slip in hand, the next one kept ready, and the leases of both.

import { LeaseLost, LoggedOut, Refused, post } from './api.js';
import { judged } from './judged.js';
import { Sheet } from './sheet.js';

const texts = JSON.parse(document.getElementById('texts').textContent);
const desk = document.getElementById('desk');
const toast = document.getElementById('toast');
const said = document.getElementById('said');
const rejecting = document.getElementById('rejecting');
const asking = document.getElementById('asking');
const question = document.getElementById('question');
const helping = document.getElementById('helping');
const lost = document.getElementById('lost');
const undoing = document.getElementById('undo');
const lease = Number(document.body.dataset.lease) * 1000;
const idle = Number(document.body.dataset.idle) * 1000;

let current = null;
let ahead = null; // promise of the next Sheet, or of null when the queue is empty
let waiting = null; // that Sheet, once it is there
let busy = false;
let leaving = false;
let touched = Date.now();
let keys = 0; // pressed so far: an answer that comes late must not move the cursor of somebody who types on

function say(text, bad = false) {
  toast.textContent = text;
  toast.classList.toggle('bad', bad);
  toast.hidden = false;
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.hidden = true), bad ? 6000 : 1400);
}

function failed(error) {
  if (error instanceof LeaseLost) {
    if (!lost.open) lost.showModal();
  } else if (error instanceof LoggedOut) {
    say(texts.login, true);
    location.assign(`/login?to=${encodeURIComponent(location.pathname)}`);
  } else say(error instanceof Refused && error.message ? error.message : texts.failed, true);
}

/** Claim the next slip and build it, hidden, so that it can be shown at once. */
async function fetchAhead() {
  const response = await post('/review/next', { skip: [current.id] });
  if (response.status === 204) return null;
  document.getElementById('waiting').textContent = response.headers.get('X-Waiting');
  const holder = document.createElement('template');
  holder.innerHTML = await response.text();
  const element = holder.content.querySelector('.sheet');
  element.hidden = element.inert = true;
  desk.append(element); // unseen, but painted: see review.css
  return new Sheet(element, failed);
}

function prepare() {
  waiting = null;
  ahead = fetchAhead().catch(() => null);
  ahead.then((sheet) => (waiting = sheet));
}

async function toNext(word) {
  judged.add(current.id);
  undoing.hidden = false;
  const next = await ahead;
  if (!next) {
    leaving = true;
    location.assign('/review');
    return;
  }
  current.element.remove();
  current = next;
  history.pushState(null, '', `/review/${current.id}`);
  for (const link of document.querySelectorAll('.languages a')) {
    link.search = new URLSearchParams({ to: location.pathname });
  }
  current.show();
  say(word);
  said.textContent = `${word}. ${texts.next}`;
  performance.mark('slip-shown');
  prepare();
}

/** Run one verdict at a time. */
async function verdict(action) {
  if (busy) return;
  busy = true;
  current.element.setAttribute('aria-busy', 'true');
  try {
    await action();
  } catch (error) {
    failed(error);
  } finally {
    busy = false;
    current.element.removeAttribute('aria-busy');
  }
}

function accept() {
  const before = keys;
  return verdict(async () => {
    const answer = await current.accept();
    if (answer.outcome === 'accepted' || answer.outcome === 'duplicate') {
      await toNext(texts[answer.outcome]);
    } else if (answer.outcome === 'confirm') {
      current.arm();
      said.textContent = texts.again;
    } else {
      current.disarm();
      if (keys === before) current.focusField(current.named(answer.mend));
    }
  });
}

function reject(reason) {
  rejecting.close();
  return verdict(async () => {
    await current.reject(reason);
    await toNext(texts.rejected);
  });
}

function ask(note) {
  return verdict(async () => {
    await current.ask(note);
    await toNext(texts.asked);
  });
}

async function undo() {
  if (busy) return;
  if (!judged.any) return void say(texts.nothing);
  busy = true;
  try {
    const id = await judged.undo();
    undoing.hidden = !judged.any;
    if (id === null) say(texts.too_late, true);
    else location.assign(`/review/${id}`); // leaving puts the slip in hand back into the queue
  } catch (error) {
    failed(error);
  } finally {
    busy = false;
  }
}

function openAsking() {
  if (!current.element.querySelector('[data-do="ask"]')) return;
  question.value = '';
  asking.showModal();
  question.focus();
}

function openRejecting() {
  for (const choice of rejecting.querySelectorAll('[data-reject]')) {
    choice.classList.toggle('likely', current.reasons.includes(choice.dataset.reject));
  }
  rejecting.showModal();
  (rejecting.querySelector('.likely') ?? rejecting.querySelector('[data-reject]')).focus();
}

const commands = {
  accept: () => {
    if (!current.armed) current.confirmAll();
    accept();
  },
  reject: openRejecting,
  rescan: () => reject('rescan'),
  ask: openAsking,
  undo,
  larger: () => current.picture.larger(),
  smaller: () => current.picture.smaller(),
  turn: () => current.picture.turn(),
  contrast: () => {
    const on = current.picture.contrast();
    current.element.querySelector('[data-do="contrast"]').setAttribute('aria-pressed', on);
  },
  help: () => helping.showModal(),
  close: () => helping.close(),
};

document.addEventListener('click', (event) => {
  const choice = event.target.closest('[data-reject]');
  if (choice) reject(choice.dataset.reject);
  const button = event.target.closest('[data-do]');
  if (button) commands[button.dataset.do]();
});

asking.querySelector('form').addEventListener('submit', () => ask(question.value));

function enter(event) {
  const button = event.target.closest('button, a, summary');
  if (button && button.dataset.do !== 'accept') return; // a focused control does what it says
  event.preventDefault();
  if (event.repeat) return; // a key held down must not judge slip after slip
  if (event.ctrlKey || event.metaKey) current.confirmAll();
  if (event.ctrlKey || event.metaKey || current.confirmField()) accept();
}

function rejectingKey(event) {
  const choice = /^[0-9]$/.test(event.key) && rejecting.querySelector(`[data-key="${event.key}"]`);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (choice) {
    event.preventDefault(); // or the digit would be typed into the field that gets the focus back
    if (!event.repeat) reject(choice.dataset.reject);
  }
  if (step) {
    const choices = [...rejecting.querySelectorAll('[data-reject]')];
    const at = choices.indexOf(document.activeElement) + step;
    choices[(at + choices.length) % choices.length].focus();
    event.preventDefault();
  }
}

// Letters by their place on the keyboard: the Russian layout has С where C is.
const byCode = {
  KeyR: 'turn',
  KeyC: 'contrast',
  KeyQ: 'ask',
  KeyZ: 'undo',
  NumpadAdd: 'larger',
  NumpadSubtract: 'smaller',
  F1: 'help',
  F2: 'ask',
  F8: 'rescan',
};
const byKey = { '?': 'help', '+': 'larger', '=': 'larger', '-': 'smaller', '−': 'smaller' };

document.addEventListener('keydown', (event) => {
  touched = Date.now();
  keys += 1;
  if (!event.repeat && !['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) current.keys += 1;
  if (rejecting.open) rejectingKey(event);
  if (rejecting.open || asking.open || helping.open || lost.open || event.defaultPrevented && event.key !== '?') return;
  if (event.key === 'Enter') return void enter(event);
  if (event.target.closest('.text') && !/^(Escape|F\d+)$/.test(event.key)) return; // letters, not commands
  const withControl = event.code === 'KeyZ' && (event.ctrlKey || event.metaKey);
  if (!withControl && (event.ctrlKey || event.altKey || event.metaKey)) return;
  const command = event.key === 'Escape' ? 'reject' : byKey[event.key] ?? byCode[event.code];
  if (!command) return;
  event.preventDefault();
  if (!event.repeat || command === 'larger' || command === 'smaller') commands[command]();
}, true);
document.addEventListener('pointermove', () => (touched = Date.now()), { passive: true });

/** Keep the slips while somebody is at the page; left alone, they go back to the queue. */
async function heartbeat() {
  if (Date.now() - touched > idle) return;
  try {
    await current.renew();
  } catch (error) {
    failed(error);
  }
  const next = await ahead;
  await next?.renew().catch(() => {
    next.element.remove();
    if (!busy) prepare();
  });
}

window.addEventListener('pagehide', () => {
  if (!leaving) current.release();
  waiting?.release();
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload(); // back from the browser's cache: the lease was let go
});
window.addEventListener('popstate', () => location.reload());

undoing.hidden = !judged.any;
current = new Sheet(desk.querySelector('.sheet'), failed);
current.show();
prepare();
setInterval(heartbeat, Math.max(1000, lease / 4));
document.body.dataset.ready = '';
