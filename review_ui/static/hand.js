// What review and second reading have in common: the slip in hand, the next one kept ready, and the leases of both.

import { LeaseLost, LoggedOut, Refused, post } from './api.js';

export const texts = JSON.parse(document.getElementById('texts').textContent);
const desk = document.getElementById('desk');
const toast = document.getElementById('toast');
const lost = document.getElementById('lost');
const said = document.getElementById('said');
const lease = Number(document.body.dataset.lease) * 1000;
const idle = Number(document.body.dataset.idle) * 1000;

/** Say it on the screen and to a screen reader. */
export function say(text, bad = false) {
  toast.textContent = text;
  toast.classList.toggle('bad', bad);
  toast.hidden = false;
  said.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (toast.hidden = true), bad ? 6000 : 1400);
}

/** To a screen reader alone. */
export function whisper(text) {
  said.textContent = text;
}

export function failed(error) {
  if (error instanceof LeaseLost) {
    if (!lost.open) lost.showModal();
  } else if (error instanceof LoggedOut) {
    say(texts.login, true);
    location.assign(`/login?to=${encodeURIComponent(location.pathname)}`);
  } else say(error instanceof Refused && error.message ? error.message : texts.failed, true);
}

/** The slips of one queue. `path`: its address; `make`: an element → the slip; `fetched`: told each answer. */
export class Hand {
  constructor(path, make, fetched = () => {}) {
    this.path = path;
    this.make = make;
    this.fetched = fetched;
    this.current = make(desk.querySelector('.sheet'));
    this.busy = false;
    this.leaving = false;
    this.touched = Date.now();
    this.ahead = null; // promise of the next slip, or of null when the queue is empty
    this.waiting = null; // that slip, once it is there
  }

  /** Show the slip in hand, prepare the next one, and keep both while somebody is at the page. */
  begin() {
    this.current.show();
    this.#prepare();
    setInterval(() => this.#heartbeat(), Math.max(1000, lease / 4));
    document.addEventListener('pointermove', () => this.touch(), { passive: true });
    window.addEventListener('pagehide', () => {
      if (!this.leaving) this.current.release();
      this.waiting?.release();
    });
    window.addEventListener('pageshow', (event) => {
      if (event.persisted) location.reload(); // back from the browser's cache: the lease was let go
    });
    window.addEventListener('popstate', () => location.reload());
    document.body.dataset.ready = '';
  }

  touch() {
    this.touched = Date.now();
  }

  /** Run one action at a time; what goes wrong is told. */
  async run(action) {
    if (this.busy) return;
    this.busy = true;
    this.current.element.setAttribute('aria-busy', 'true');
    try {
      await action();
    } catch (error) {
      failed(error);
    } finally {
      this.busy = false;
      this.current.element.removeAttribute('aria-busy');
    }
  }

  /** To the next slip, or back to the queue's page when there is none. */
  async toNext(word) {
    const next = await this.ahead;
    if (!next) {
      this.leaving = true;
      location.assign(this.path);
      return;
    }
    this.current.element.remove();
    this.current = next;
    history.pushState(null, '', `${this.path}/${next.id}`);
    for (const link of document.querySelectorAll('.languages a')) {
      link.search = new URLSearchParams({ to: location.pathname });
    }
    next.show();
    say(word);
    whisper(`${word}. ${texts.next}`);
    performance.mark('slip-shown');
    this.#prepare();
  }

  /** What keys and buttons do to the picture of the slip. */
  get pictureCommands() {
    return {
      larger: () => this.current.picture.larger(),
      smaller: () => this.current.picture.smaller(),
      turn: () => this.current.picture.turn(),
      contrast: () => {
        const on = this.current.picture.contrast();
        this.current.element.querySelector('[data-do="contrast"]').setAttribute('aria-pressed', on);
      },
    };
  }

  /** Claim the next slip and build it, hidden, so that it can be shown at once. */
  async #fetchAhead() {
    const response = await post(`${this.path}/next`, { skip: [this.current.id] });
    if (response.status === 204) return null;
    this.fetched(response);
    const holder = document.createElement('template');
    holder.innerHTML = await response.text();
    const element = holder.content.querySelector('.sheet');
    element.hidden = element.inert = true;
    desk.append(element); // unseen, but painted: see review.css
    return this.make(element);
  }

  #prepare() {
    this.waiting = null;
    this.ahead = this.#fetchAhead().catch(() => null);
    this.ahead.then((slip) => (this.waiting = slip));
  }

  /** Left alone, the slips go back to the queue. */
  async #heartbeat() {
    if (Date.now() - this.touched > idle) return;
    try {
      await this.current.renew();
    } catch (error) {
      failed(error);
    }
    const next = await this.ahead;
    await next?.renew().catch(() => {
      next.element.remove();
      if (!this.busy) this.#prepare();
    });
  }
}

/** Letters by their place on the keyboard, signs by what they say: for the picture and the help. */
export const pictureCodes = {
  KeyR: 'turn',
  KeyC: 'contrast',
  NumpadAdd: 'larger',
  NumpadSubtract: 'smaller',
  F1: 'help',
};
export const pictureKeys = { '?': 'help', '+': 'larger', '=': 'larger', '-': 'smaller', '−': 'smaller' };
