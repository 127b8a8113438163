// One slip on the page: its fields, which of them a person has seen, and what the gate says of their values.

import { post } from './api.js';
import { DigitRow } from './digits.js';
import { SlipPicture } from './slip.js';

const PAUSE = 130; // milliseconds without typing before the gate is asked
const MOST_STOPS = 2; // a slip on which all is right takes no more keys than this

export class Sheet {
  /** `failed(error)` hears of calls that went wrong. */
  constructor(element, failed) {
    this.element = element;
    this.id = Number(element.dataset.sheet);
    this.token = element.dataset.token;
    this.failed = failed;
    this.fields = [...element.querySelectorAll('.field')];
    this.rows = new Map();
    this.armed = false;
    this.judged = false;
    this.typed = 0;
    this.keys = 0;
    for (const field of this.fields) this.#wire(field);
    this.stops = this.#stops();
    this.picture = new SlipPicture(element, (name) => this.focusField(this.named(name)));
  }

  #wire(field) {
    const changed = () => this.#changed();
    if (field.querySelector('.typed')) this.rows.set(field, new DigitRow(field, changed));
    else field.querySelector('input').addEventListener('input', changed);
    field.addEventListener('focusin', () => this.picture.show(field.dataset.field));
  }

  named(name) {
    return this.fields.find((field) => field.dataset.field === name);
  }

  /** The slip comes before the reviewer. */
  show() {
    this.element.hidden = this.element.inert = false;
    this.shownAt = performance.now();
    this.#readGate();
    const first = this.#nextStop();
    if (first) this.focusField(first[0]);
    else this.element.querySelector('[data-do="accept"]').focus();
  }

  focusField(field) {
    if (!field) return;
    field.closest('details')?.setAttribute('open', '');
    const row = this.rows.get(field);
    if (row) row.focus();
    else field.querySelector('input').focus();
  }

  /**
   * Where ENTER stops: groups of fields that a person has to look at together. Ticks stand beside their crops in
   * plain sight, so they are stops only where no digits are; with many doubtful fields the account is one stop
   * and everything else the other.
   */
  #stops() {
    const doubtful = this.fields.filter((field) => 'doubtful' in field.dataset);
    const digits = doubtful.filter((field) => this.rows.has(field));
    const wanted = digits.length ? digits : doubtful;
    if (wanted.length <= MOST_STOPS) return wanted.map((field) => [field]);
    const account = wanted.filter((field) => field.dataset.role === 'account');
    const others = wanted.filter((field) => field.dataset.role !== 'account');
    return [account, others].filter((group) => group.length);
  }

  #nextStop() {
    return this.stops.find((group) => !group.every((field) => field.classList.contains('done')));
  }

  /** ENTER: what is in hand is right. Goes to the next stop and returns false, or true after the last. */
  confirmField() {
    const field = document.activeElement?.closest?.('.field');
    const group = this.stops.find((stop) => stop.includes(field));
    if (group) group.forEach((each) => this.#done(each));
    else if (field) this.#done(field);
    const next = this.#nextStop();
    if (next) this.focusField(next[0]);
    return !next;
  }

  confirmAll() {
    this.fields.filter((field) => 'doubtful' in field.dataset).forEach((field) => this.#done(field));
  }

  #done(field) {
    if ('doubtful' in field.dataset) field.classList.add('done');
    this.picture.done(field.dataset.field);
  }

  get values() {
    return Object.fromEntries(this.fields.map((field) => [field.dataset.field, this.#value(field)]));
  }

  #value(field) {
    const row = this.rows.get(field);
    const input = field.querySelector('input');
    if (!row) return input.type === 'checkbox' ? (input.checked ? 'yes' : '') : input.value.trim();
    const text = row.text;
    if (!field.dataset.kind.startsWith('date') || text.length !== 8) return text;
    return `${text.slice(0, 2)}.${text.slice(2, 4)}.${text.slice(4)}`;
  }

  #changed() {
    if (this.judged) return;
    this.disarm();
    this.typed += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#ask(), PAUSE);
  }

  async #ask() {
    this.asking?.abort();
    this.asking = new AbortController();
    try {
      const response = await post(`/review/${this.id}/preview`, { values: this.values }, { signal: this.asking.signal });
      this.showAnswer(await response.json());
    } catch (error) {
      if (error.name !== 'AbortError' && !this.judged) this.failed(error);
    }
  }

  /** Fill in what the gate and the register say. */
  showAnswer(answer) {
    for (const part of ['gate', 'register', 'usage']) this.#part(part).innerHTML = answer[part];
    this.#readGate();
    // A meter with several tariffs needs the readings that lie folded away.
    const wanted = this.fields.find((field) => answer.tariffs.includes(field.dataset.tariff) && field.closest('details'));
    wanted?.closest('details').setAttribute('open', '');
  }

  /** What it took so far, for the record. */
  get spent() {
    return { seconds: Math.min(86400, (performance.now() - this.shownAt) / 1000), keys: Math.min(100000, this.keys) };
  }

  #part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  #readGate() {
    const said = this.#part('gate').querySelector('[data-outcome]').dataset;
    this.outcome = said.outcome;
    this.reasons = said.reasons.split(' ').filter(Boolean);
  }

  /** The reviewer was told what stands against accepting; the next ENTER overrules it. */
  arm() {
    this.armed = true;
    this.#part('gate').classList.add('armed');
  }

  disarm() {
    this.armed = false;
    this.#part('gate').classList.remove('armed');
  }

  /** Ask the server to accept; returns its answer. */
  async accept() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const typed = this.typed;
    const confirmed = this.armed ? this.reasons : [];
    const response = await post(`/review/${this.id}/accept`, { values: this.values, confirmed, spent: this.spent });
    const answer = await response.json();
    this.judged = !answer.gate;
    if (answer.gate && typed === this.typed) this.showAnswer(answer);
    return answer;
  }

  async reject(reason) {
    clearTimeout(this.timer);
    this.asking?.abort();
    const response = await post(`/review/${this.id}/reject`, { reason, spent: this.spent });
    this.judged = true;
    return response.json();
  }

  async ask(note) {
    clearTimeout(this.timer);
    this.asking?.abort();
    const response = await post(`/review/${this.id}/ask`, { note, spent: this.spent });
    this.judged = true;
    return response.json();
  }

  renew() {
    return post(`/review/${this.id}/renew`);
  }

  release() {
    return post(`/review/${this.id}/release`, { token: this.token }, { last: true }).catch(() => {});
  }
}
