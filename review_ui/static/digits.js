// A row of places, one digit each, drawn under the cells they were read from. The real control is one
// transparent <input> over the row, so that screen readers, paste and dictation work as in any other field.

export class DigitRow {
  /** `changed(row)` after every change; `full(row)` when the last place was written. */
  constructor(field, changed, full = () => {}) {
    this.field = field;
    this.full = full;
    this.input = field.querySelector('.typed input');
    this.slots = [...field.querySelectorAll('.slot')];
    this.read = this.slots.map((slot) => slot.querySelector('text').textContent);
    this.values = [...this.read];
    this.at = 0;
    this.changed = changed;
    this.input.addEventListener('keydown', (event) => this.#key(event));
    this.input.addEventListener('input', () => this.#retyped());
    this.input.addEventListener('paste', (event) => this.#paste(event));
    this.input.addEventListener('pointerdown', (event) => this.#pointed(event));
    this.input.addEventListener('focus', () => this.#show());
    this.#write();
  }

  /** The digits without the blanks around and between them. */
  get text() {
    return this.values.join('');
  }

  /** Put the cursor on the first doubtful place that nobody wrote over, or on the first place. */
  focus() {
    const weak = this.#nextWeak(0);
    this.at = weak >= 0 ? weak : Math.max(0, this.values.findIndex((value) => value));
    this.input.focus();
    this.#show();
  }

  #nextWeak(from) {
    return this.slots.findIndex((slot, index) => index >= from && slot.classList.contains('weak'));
  }

  #key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key;
    if (/^[0-9]$/.test(key)) this.#put(key, true);
    else if (key === ' ' || key === 'Delete') this.#put('', key === ' ');
    else if (key === 'Backspace') this.#back();
    else if (key === 'ArrowLeft') this.#move(this.at - 1);
    else if (key === 'ArrowRight') this.#move(this.at + 1);
    else if (key === 'Home') this.#move(0);
    else if (key === 'End') this.#move(this.slots.length - 1);
    else if (key.length !== 1) return;
    event.preventDefault();
  }

  #put(value, onward) {
    const last = onward && this.at === this.slots.length - 1;
    const wasWeak = this.slots[this.at].classList.contains('weak');
    this.#set(this.at, value);
    if (onward) {
      const weak = wasWeak ? this.#nextWeak(this.at + 1) : -1;
      this.at = weak >= 0 ? weak : Math.min(this.at + 1, this.slots.length - 1);
    }
    this.#write();
    this.changed(this);
    if (last && value) this.full(this);
  }

  /** Write a whole text from the left, as if it were pasted. */
  fill(text) {
    this.#fill(0, text.padEnd(this.slots.length, ' '));
  }

  #back() {
    if (!this.values[this.at] && this.at > 0) this.at -= 1;
    this.#set(this.at, '');
    if (this.at > 0) this.at -= 1;
    this.#write();
    this.changed(this);
  }

  #set(index, value) {
    this.values[index] = value;
    const slot = this.slots[index];
    slot.querySelector('text').textContent = value;
    slot.classList.remove('weak');
    slot.classList.toggle('changed', value !== this.read[index]);
  }

  #move(index) {
    this.at = Math.max(0, Math.min(index, this.slots.length - 1));
    this.#show();
  }

  /** The whole text was set at once, by dictation or a script: lay its digits out from the left. */
  #retyped() {
    const digits = this.input.value.replace(/\D/g, '').slice(0, this.slots.length);
    this.#fill(0, digits.padEnd(this.slots.length, ' '));
  }

  #paste(event) {
    event.preventDefault();
    const digits = (event.clipboardData?.getData('text') ?? '').replace(/\D/g, '');
    if (digits.length >= this.slots.length) this.#fill(0, digits);
    else if (digits) this.#fill(this.at, digits);
  }

  #fill(from, digits) {
    [...digits].slice(0, this.slots.length - from).forEach((digit, index) => this.#set(from + index, digit.trim()));
    this.at = Math.min(from + digits.trimEnd().length, this.slots.length - 1);
    this.#write();
    this.changed(this);
  }

  #pointed(event) {
    const gap = (slot) => {
      const box = slot.getBoundingClientRect();
      return Math.abs(event.clientX - box.left - box.width / 2);
    };
    const nearest = this.slots.reduce((best, slot) => (gap(slot) < gap(best) ? slot : best));
    this.at = this.slots.indexOf(nearest);
    requestAnimationFrame(() => this.#show());
  }

  #write() {
    this.input.value = this.values.map((value) => value || ' ').join('').trimEnd();
    this.#show();
  }

  #show() {
    this.slots.forEach((slot, index) => slot.classList.toggle('at', index === this.at));
    const end = Math.min(this.at, this.input.value.length);
    if (document.activeElement !== this.input) return;
    this.input.setSelectionRange(end, Math.min(end + 1, this.input.value.length));
    this.slots[this.at].scrollIntoView({ block: 'nearest', inline: 'nearest' }); // small screens scroll a long row
  }
}
