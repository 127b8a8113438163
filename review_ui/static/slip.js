// The whole slip: larger, smaller, turned, more contrast. Zooming keeps to the field in hand.

const LARGEST = 6;

export class SlipPicture {
  constructor(sheet, chosen) {
    this.sheet = sheet;
    this.svg = sheet.querySelector('.whole');
    this.group = this.svg.querySelector('.turn');
    this.width = Number(this.svg.dataset.width);
    this.height = Number(this.svg.dataset.height);
    this.zoom = 1;
    this.turned = 0;
    this.middle = null;
    this.svg.querySelectorAll('.box').forEach((box) => box.addEventListener('click', () => chosen(box.dataset.box)));
    this.#drag();
  }

  larger() {
    this.zoom = Math.min(LARGEST, this.zoom * 1.5);
    this.#apply();
  }

  smaller() {
    this.zoom = Math.max(1, this.zoom / 1.5);
    this.#apply();
  }

  turn() {
    this.turned = (this.turned + 90) % 360;
    this.middle = null;
    this.#apply();
  }

  /** Toggle contrast of the slip and its crops; returns whether it is on. */
  contrast() {
    this.svg.parentElement.classList.toggle('contrast');
    return this.sheet.classList.toggle('contrast');
  }

  /** Mark the field in hand and, when zoomed in, look at it. */
  show(name) {
    for (const box of this.svg.querySelectorAll('.box')) {
      const now = box.dataset.box === name;
      box.classList.toggle('now', now);
      if (now && this.turned === 0) {
        const at = (side) => Number(box.getAttribute(side));
        this.middle = [at('x') + at('width') / 2, at('y') + at('height') / 2];
      }
    }
    if (this.zoom > 1) this.#apply();
  }

  done(name) {
    this.svg.querySelector(`.box[data-box="${CSS.escape(name)}"]`)?.classList.add('done');
  }

  #apply() {
    const across = this.turned % 180 === 0 ? [this.width, this.height] : [this.height, this.width];
    const turns = {
      0: '',
      90: `translate(${this.height} 0) rotate(90)`,
      180: `translate(${this.width} ${this.height}) rotate(180)`,
      270: `translate(0 ${this.width}) rotate(270)`,
    };
    this.group.setAttribute('transform', turns[this.turned]);
    const size = across.map((side) => side / this.zoom);
    const middle = this.middle ?? across.map((side) => side / 2);
    const corner = middle.map((at, axis) => Math.max(0, Math.min(at - size[axis] / 2, across[axis] - size[axis])));
    this.svg.setAttribute('viewBox', [...corner, ...size].join(' '));
  }

  #drag() {
    let from = null;
    this.svg.addEventListener('pointerdown', (event) => {
      from = this.zoom > 1 ? [event.clientX, event.clientY] : null;
    });
    this.svg.addEventListener('pointermove', (event) => {
      if (!from || !event.buttons) return;
      const view = this.svg.viewBox.baseVal;
      const scale = 1 / this.svg.getScreenCTM().a;
      this.middle = [
        view.x + view.width / 2 - (event.clientX - from[0]) * scale,
        view.y + view.height / 2 - (event.clientY - from[1]) * scale,
      ];
      from = [event.clientX, event.clientY];
      this.#apply();
    });
  }
}
