// Second reading: empty rows under their crops, keyed from the paper; the next slip is ready by then.

import { LeaseLost, LoggedOut, Refused, post } from './api.js';
import { DigitRow } from './digits.js';
import { SlipPicture } from './slip.js';

const texts = JSON.parse(document.getElementById('texts').textContent);
const desk = document.getElementById('desk');
const toast = document.getElementById('toast');
const said = document.getElementById('said');
const helping = document.getElementById('helping');
const givingUp = document.getElementById('giving-up');
const lost = document.getElementById('lost');
const lease = Number(document.body.dataset.lease) * 1000;
const idle = Number(document.body.dataset.idle) * 1000;
const PAUSE = 150; // milliseconds without typing before the register is asked

let current = null;
let ahead = null;
let waiting = null;
let busy = false;
let leaving = false;
let touched = Date.now();

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

class Audit {
  constructor(element) {
    this.element = element;
    this.id = Number(element.dataset.audit);
    this.fields = [...element.querySelectorAll('.field')].filter((field) => field.querySelector('.typed'));
    this.rows = new Map();
    for (const field of this.fields) {
      const full = () => this.next(field);
      this.rows.set(field, new DigitRow(field, (row) => this.#changed(row), full));
      field.addEventListener('focusin', () => this.picture.show(field.dataset.field));
    }
    this.picture = new SlipPicture(element, (name) => this.focus(this.named(name)));
    for (const button of element.querySelectorAll('[data-take]')) {
      button.addEventListener('click', () => this.take(button));
    }
  }

  named(name) {
    return this.fields.find((field) => field.dataset.field === name);
  }

  show() {
    this.element.hidden = this.element.inert = false;
    this.focus(this.fields[0]);
  }

  focus(field) {
    if (field) this.rows.get(field).focus();
  }

  /** To the row after `field`; false after the last that has to be filled in. */
  next(field) {
    const after = this.fields[this.fields.indexOf(field) + 1];
    if (after) this.focus(after);
    return Boolean(after);
  }

  /** The row in hand is done; true when nothing required is left. */
  confirm() {
    const field = document.activeElement?.closest?.('.field');
    const from = field ? this.fields.indexOf(field) + 1 : 0;
    const left = this.fields.slice(from).find((each) => 'required' in each.dataset && !this.rows.get(each).text);
    if (left) this.focus(left);
    return !left;
  }

  /** The first row without which nothing can be handed in. */
  get missing() {
    const wanted = (field) => field.dataset.role === 'account' || field.dataset.field === 'reading';
    return this.fields.find((field) => wanted(field) && !this.rows.get(field).text);
  }

  take(button) {
    const values = JSON.parse(button.dataset.values);
    for (const [field, row] of this.rows) row.fill(values[field.dataset.field] ?? '');
    this.element.querySelector('[data-do="submit"]').focus();
  }

  takeNumber(number) {
    const button = this.element.querySelector(`[data-take="${number - 1}"]`);
    if (button) this.take(button);
  }

  get values() {
    return Object.fromEntries(this.fields.map((field) => [field.dataset.field, this.#value(field)]));
  }

  #value(field) {
    const text = this.rows.get(field).text;
    if (!field.dataset.kind.startsWith('date') || text.length !== 8) return text;
    return `${text.slice(0, 2)}.${text.slice(2, 4)}.${text.slice(4)}`;
  }

  #changed(row) {
    if (row.field.dataset.role !== 'account') return;
    clearTimeout(this.timer);
    const whole = row.text.length === row.slots.length; // until then every account is unknown
    this.element.querySelector('[data-part="register"]').textContent = '';
    if (whole) this.timer = setTimeout(() => this.#ask(row.text), PAUSE);
  }

  async #ask(account) {
    try {
      const answer = await post(`/second/${this.id}/account`, { account });
      this.element.querySelector('[data-part="register"]').innerHTML = await answer.text();
    } catch (error) {
      if (!this.done) failed(error);
    }
  }

  async submit(values) {
    clearTimeout(this.timer);
    await post(`/second/${this.id}/submit`, { values });
    this.done = true;
  }

  renew() {
    return post(`/second/${this.id}/renew`);
  }

  release() {
    const token = this.element.dataset.token;
    return post(`/second/${this.id}/release`, { token }, { last: true }).catch(() => {});
  }
}

async function fetchAhead() {
  const response = await post('/second/next', { skip: [current.id] });
  if (response.status === 204) return null;
  const holder = document.createElement('template');
  holder.innerHTML = await response.text();
  const element = holder.content.querySelector('.sheet');
  element.hidden = element.inert = true;
  desk.append(element);
  return new Audit(element);
}

function prepare() {
  waiting = null;
  ahead = fetchAhead().catch(() => null);
  ahead.then((audit) => (waiting = audit));
}

async function submit(values) {
  if (busy) return;
  if (values && current.missing) {
    say(texts.missing, true);
    return void current.focus(current.missing);
  }
  busy = true;
  current.element.setAttribute('aria-busy', 'true');
  try {
    await current.submit(values);
    const next = await ahead;
    if (!next) {
      leaving = true;
      return void location.assign('/second');
    }
    current.element.remove();
    current = next;
    history.pushState(null, '', `/second/${current.id}`);
    for (const link of document.querySelectorAll('.languages a')) {
      link.search = new URLSearchParams({ to: location.pathname });
    }
    current.show();
    say(texts.recorded);
    said.textContent = `${texts.recorded}. ${texts.next}`;
    prepare();
  } catch (error) {
    failed(error);
  } finally {
    busy = false;
    current.element.removeAttribute('aria-busy');
  }
}

const commands = {
  submit: () => submit(current.values),
  giveup: () => givingUp.showModal(),
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
givingUp.querySelector('form').addEventListener('submit', () => submit(null));

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) commands[button.dataset.do]();
});

const byCode = { KeyR: 'turn', KeyC: 'contrast', NumpadAdd: 'larger', NumpadSubtract: 'smaller', F1: 'help' };
const byKey = { '?': 'help', '+': 'larger', '=': 'larger', '-': 'smaller', '−': 'smaller', Escape: 'giveup' };

document.addEventListener('keydown', (event) => {
  touched = Date.now();
  if (helping.open || givingUp.open || lost.open) return;
  if (event.altKey && /^Digit[12]$/.test(event.code)) {
    event.preventDefault();
    return void current.takeNumber(Number(event.code.at(-1)));
  }
  if (event.key === 'Enter') {
    const control = event.target.closest('button, a');
    if (control && control.dataset.do !== 'submit') return;
    event.preventDefault();
    if (event.repeat) return;
    if (event.ctrlKey || event.metaKey || control || current.confirm()) submit(current.values);
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const command = byKey[event.key] ?? byCode[event.code];
  if (!command) return;
  event.preventDefault();
  commands[command]();
}, true);
document.addEventListener('pointermove', () => (touched = Date.now()), { passive: true });

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
  if (event.persisted) location.reload();
});
window.addEventListener('popstate', () => location.reload());

current = new Audit(desk.querySelector('.sheet'));
current.show();
prepare();
setInterval(heartbeat, Math.max(1000, lease / 4));
document.body.dataset.ready = '';
