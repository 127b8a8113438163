// Second reading: empty rows under their crops, keyed from the paper; the next slip is ready by then.

import { post } from './api.js';
import { DigitRow } from './digits.js';
import { Hand, failed, pictureCodes, pictureKeys, say, texts } from './hand.js';
import { SlipPicture } from './slip.js';

const helping = document.getElementById('helping');
const givingUp = document.getElementById('giving-up');
const lost = document.getElementById('lost');
const PAUSE = 150; // milliseconds without typing before the register is asked

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

const hand = new Hand('/second', (element) => new Audit(element));

function submit(values) {
  const { current } = hand;
  if (values && !hand.busy && current.missing) {
    say(texts.missing, true);
    return void current.focus(current.missing);
  }
  hand.run(async () => {
    await current.submit(values);
    await hand.toNext(texts.recorded);
  });
}

const commands = {
  submit: () => submit(hand.current.values),
  giveup: () => givingUp.showModal(),
  ...hand.pictureCommands,
  help: () => helping.showModal(),
  close: () => helping.close(),
};
givingUp.querySelector('form').addEventListener('submit', () => submit(null));

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button) commands[button.dataset.do]();
});

const byKey = { ...pictureKeys, Escape: 'giveup' };

document.addEventListener('keydown', (event) => {
  hand.touch();
  if (helping.open || givingUp.open || lost.open) return;
  if (event.altKey && /^Digit[12]$/.test(event.code)) {
    event.preventDefault();
    return void hand.current.takeNumber(Number(event.code.at(-1)));
  }
  if (event.key === 'Enter') {
    const control = event.target.closest('button, a');
    if (control && control.dataset.do !== 'submit') return;
    event.preventDefault();
    if (event.repeat) return;
    if (event.ctrlKey || event.metaKey || control || hand.current.confirm()) submit(hand.current.values);
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const command = byKey[event.key] ?? pictureCodes[event.code];
  if (!command) return;
  event.preventDefault();
  commands[command]();
}, true);

hand.begin();
