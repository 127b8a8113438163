// The picture of a form with its fields and the places found, in millimetres. Draws, and tells what hands do.

const SVG = 'http://www.w3.org/2000/svg';
const DATE = [2, 2, 4];
const CORNERS = { tl: [0, 0], tr: [1, 0], br: [1, 1], bl: [0, 1] };
const STEP = 0.5;
const FINE = 0.1;

export const round = (value) => Math.round(value * 100) / 100;

/** [left edge, width] of every cell of a field, or nothing for a field without cells. */
export function cellsOf(field) {
  if (field.kind !== 'digits' && field.kind !== 'date') return [];
  if (field.starts.length) {
    const width = field.w - field.starts.at(-1);
    return field.starts.map((start) => [field.x + start, width]);
  }
  const groups = field.kind === 'date' ? DATE : field.groups.length ? field.groups : [1];
  const count = groups.reduce((sum, n) => sum + n, 0);
  const width = (field.w - field.gap * (groups.length - 1)) / count;
  const cells = [];
  let x = field.x;
  for (const size of groups) {
    for (let n = 0; n < size; n += 1, x += width) cells.push([x, width]);
    x += field.gap;
  }
  return cells;
}

/** Change a field's size; unevenly spaced cells and the gaps between groups grow with it. */
export function resize(field, w, h) {
  const by = w / field.w;
  if (by !== 1) {
    field.starts = field.starts.map((start) => round(start * by));
    field.gap = round(field.gap * by);
  }
  field.w = round(w);
  field.h = round(h);
}

function make(name, values, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
  parent.append(element);
  return element;
}

export class Board {
  /** `tell`: { select(n), take(n), drawn(box), changed(), begin(), remove(n), label(field, place) } */
  constructor(paper, tell) {
    this.paper = paper;
    this.tell = tell;
    this.svg = document.createElementNS(SVG, 'svg');
    this.svg.setAttribute('role', 'group');
    this.svg.setAttribute('aria-label', paper.getAttribute('aria-label'));
    paper.append(this.svg);
    this.zoom = 1;
    this.drag = null;
    this.svg.addEventListener('pointerdown', (event) => this.press(event));
    this.svg.addEventListener('pointermove', (event) => this.pull(event));
    this.svg.addEventListener('pointerup', (event) => this.release(event));
    this.svg.addEventListener('pointercancel', () => { this.drag = null; this.show(); });
    this.svg.addEventListener('keydown', (event) => this.key(event));
    this.svg.addEventListener('focusin', (event) => {
      const field = event.target.closest('.f');
      if (field && !this.drawing) this.tell.select(Number(field.dataset.n), false);
    });
  }

  /** Show a form; `on`: the field at work, `bad`: one with a mistake, `picture`: its address. */
  set(form, picture) {
    this.form = form;
    this.picture = picture;
    this.svg.setAttribute('viewBox', `0 0 ${form.width} ${form.height}`);
    this.fit();
  }

  fit() {
    const base = Math.max(320, this.paper.clientWidth - 28);
    this.svg.style.width = `${base * this.zoom}px`;
    this.svg.style.height = `${(base * this.zoom * this.form.height) / this.form.width}px`;
  }

  scale(by) {
    this.zoom = Math.min(5, Math.max(0.4, this.zoom * by));
    this.fit();
    this.show();
  }

  show(on = this.on, bad = this.bad) {
    this.on = on;
    this.bad = bad;
    const held = this.svg.contains(document.activeElement) ? document.activeElement.dataset : null;
    this.drawing = true;
    this.svg.replaceChildren();
    make('image', { href: this.picture, width: this.form.width, height: this.form.height, preserveAspectRatio: 'none' }, this.svg);
    this.form.places.forEach((place, n) => this.place(place, n));
    this.form.fields.forEach((field, n) => { if (n !== on) this.field(field, n); });
    if (on !== null && this.form.fields[on]) this.field(this.form.fields[on], on);
    if (held?.n !== undefined) this.svg.querySelector(`.${held.sort}[data-n="${held.n}"]`)?.focus({ preventScroll: true });
    this.drawing = false;
  }

  place(place, n) {
    const group = make('g', { class: 'p', role: 'button', tabindex: 0, 'data-n': n, 'data-sort': 'p', 'aria-label': this.tell.label(place, true) }, this.svg);
    make('rect', { x: place.x, y: place.y, width: place.w, height: place.h }, group);
  }

  field(field, n) {
    const on = n === this.on;
    const kinds = ['f', field.required ? 'req' : '', n === this.bad ? 'bad' : '', on ? 'on' : ''].filter(Boolean);
    const name = this.tell.label(field, false);
    const group = make('g', { class: kinds.join(' '), role: 'button', tabindex: 0, 'data-n': n, 'data-sort': 'f', 'aria-pressed': on, 'aria-label': name }, this.svg);
    make('rect', { class: 'body', x: field.x, y: field.y, width: field.w, height: field.h }, group);
    for (const [x, width] of cellsOf(field)) make('rect', { class: 'cell', x, y: field.y, width, height: field.h }, group);
    this.tag(field, group);
    if (!on) return;
    const grip = 9 / this.pixels();
    for (const [corner, [right, low]] of Object.entries(CORNERS)) {
      make('rect', { class: `grip ${corner}`, 'data-corner': corner, x: field.x + right * field.w - grip / 2, y: field.y + low * field.h - grip / 2, width: grip, height: grip }, group);
    }
  }

  /** The field's name, inside it: what is printed around it stays to be read. As much of it as there is room for. */
  tag(field, group) {
    const name = this.tell.short(field);
    make('title', {}, group).textContent = name;
    const size = Math.min(3.4, 13 / this.pixels(), field.h * 0.45);
    const room = Math.floor((field.w / size - 0.7) / 0.62);
    if (room < 3 || size * this.pixels() < 6) return;
    const short = name.length > room ? `${name.slice(0, room - 1)}…` : name;
    make('rect', { class: 'tab', x: field.x, y: field.y, width: Math.min(field.w, size * (0.62 * short.length + 0.7)), height: size * 1.35 }, group);
    make('text', { x: field.x + size * 0.3, y: field.y + size, 'font-size': size }, group).textContent = short;
  }

  /** Screen pixels a millimetre. */
  pixels() {
    return Number.parseFloat(this.svg.style.width) / this.form.width;
  }

  at(event) {
    const box = this.svg.getBoundingClientRect();
    const within = (value, most) => Math.min(most, Math.max(0, value));
    return [
      within(((event.clientX - box.left) / box.width) * this.form.width, this.form.width),
      within(((event.clientY - box.top) / box.height) * this.form.height, this.form.height),
    ];
  }

  press(event) {
    if (event.button !== 0) return;
    const [x, y] = this.at(event);
    const field = this.cutting ? null : event.target.closest('.f');
    const place = this.cutting ? null : event.target.closest('.p');
    const n = field ? Number(field.dataset.n) : null;
    const before = field ? structuredClone(this.form.fields[n]) : null;
    this.drag = { x, y, n, before, corner: event.target.dataset.corner, place: place ? Number(place.dataset.n) : null, moved: false };
    this.svg.setPointerCapture(event.pointerId);
    event.preventDefault();
    if (field) {
      this.tell.select(n, false);
      this.svg.querySelector(`.f[data-n="${n}"]`)?.focus({ preventScroll: true });
    }
  }

  pull(event) {
    if (!this.drag) return;
    const { drag } = this;
    const [x, y] = this.at(event);
    if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) * this.pixels() < 4) return;
    if (!drag.moved && drag.before) this.tell.begin();
    drag.moved = true;
    if (drag.before) {
      const field = this.form.fields[drag.n];
      Object.assign(field, structuredClone(drag.before));
      if (drag.corner) this.stretch(field, drag.corner, x - drag.x, y - drag.y);
      else this.move(field, x - drag.x, y - drag.y);
      this.show();
    } else {
      this.show();
      make('rect', { class: 'drawn', ...this.frame(drag, x, y) }, this.svg);
    }
  }

  release(event) {
    if (!this.drag) return;
    const { drag } = this;
    this.drag = null;
    const [x, y] = this.at(event);
    if (drag.before) {
      if (drag.moved) this.tell.changed();
    } else if (drag.moved) {
      this.tell.drawn(this.frame(drag, x, y));
    } else if (drag.place !== null) {
      this.tell.take(drag.place);
    } else {
      this.tell.select(null, false);
    }
  }

  frame(drag, x, y) {
    return { x: round(Math.min(x, drag.x)), y: round(Math.min(y, drag.y)), width: round(Math.abs(x - drag.x)), height: round(Math.abs(y - drag.y)) };
  }

  move(field, dx, dy) {
    field.x = round(Math.min(this.form.width - field.w, Math.max(0, field.x + dx)));
    field.y = round(Math.min(this.form.height - field.h, Math.max(0, field.y + dy)));
  }

  stretch(field, corner, dx, dy) {
    const [right, low] = CORNERS[corner];
    const w = Math.max(3, field.w + (right ? dx : -dx));
    const h = Math.max(3, field.h + (low ? dy : -dy));
    if (!right) field.x = round(field.x + field.w - w);
    if (!low) field.y = round(field.y + field.h - h);
    resize(field, w, h);
  }

  key(event) {
    const target = event.target.closest('.f, .p');
    if (!target) return;
    const n = Number(target.dataset.n);
    if (target.dataset.sort === 'p') {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      this.tell.take(n);
      return;
    }
    const field = this.form.fields[n];
    const step = event.altKey ? FINE : STEP;
    const [dx, dy] = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key] ?? [0, 0];
    if (dx || dy) {
      event.preventDefault();
      this.tell.begin(`keys ${n}`);
      if (event.shiftKey) resize(field, Math.max(3, field.w + dx), Math.max(3, field.h + dy));
      else this.move(field, dx, dy);
      this.show(n);
      this.tell.changed();
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault();
      this.tell.remove(n);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.tell.select(n, true);
    }
  }
}
