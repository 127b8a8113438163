// The review page: keys and verdicts.

import { Hand, failed, pictureCodes, pictureKeys, say, texts, whisper } from './hand.js';
import { judged } from './judged.js';
import { Sheet } from './sheet.js';

const rejecting = document.getElementById('rejecting');
const asking = document.getElementById('asking');
const question = document.getElementById('question');
const helping = document.getElementById('helping');
const lost = document.getElementById('lost');
const undoing = document.getElementById('undo');
const hand = new Hand('/review', (element) => new Sheet(element, failed), (response) => {
  document.getElementById('waiting').textContent = response.headers.get('X-Waiting');
});

let keys = 0; // pressed so far: an answer that comes late must not move the cursor of somebody who types on

async function toNext(word) {
  judged.add(hand.current.id);
  undoing.hidden = false;
  await hand.toNext(word);
}

function accept() {
  const before = keys;
  return hand.run(async () => {
    const answer = await hand.current.accept();
    if (answer.outcome === 'accepted' || answer.outcome === 'duplicate') {
      await toNext(texts[answer.outcome]);
    } else if (answer.outcome === 'confirm') {
      hand.current.arm();
      whisper(texts.again);
    } else {
      hand.current.disarm();
      if (keys === before) hand.current.focusField(hand.current.named(answer.mend));
    }
  });
}

function reject(reason) {
  rejecting.close();
  return hand.run(async () => {
    await hand.current.reject(reason);
    await toNext(texts.rejected);
  });
}

function ask(note) {
  return hand.run(async () => {
    await hand.current.ask(note);
    await toNext(texts.asked);
  });
}

function undo() {
  if (!judged.any) return void say(texts.nothing);
  hand.run(async () => {
    const id = await judged.undo();
    undoing.hidden = !judged.any;
    if (id === null) say(texts.too_late, true);
    else location.assign(`/review/${id}`); // leaving puts the slip in hand back into the queue
  });
}

function openAsking() {
  if (!hand.current.element.querySelector('[data-do="ask"]')) return;
  question.value = '';
  asking.showModal();
  question.focus();
}

function openRejecting() {
  // Where no form was found at all, what its fields lack says nothing.
  const said = hand.current.reasons.includes('template_not_found') ? ['not_a_slip'] : hand.current.reasons;
  for (const choice of rejecting.querySelectorAll('[data-reject]')) {
    choice.classList.toggle('likely', said.includes(choice.dataset.reject));
  }
  rejecting.showModal();
  (rejecting.querySelector('.likely') ?? rejecting.querySelector('[data-reject]')).focus();
}

const commands = {
  accept: () => {
    if (!hand.current.armed) hand.current.confirmAll();
    accept();
  },
  reject: openRejecting,
  rescan: () => reject('rescan'),
  ask: openAsking,
  undo,
  ...hand.pictureCommands,
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
  if (event.ctrlKey || event.metaKey) hand.current.confirmAll();
  if (event.ctrlKey || event.metaKey || hand.current.confirmField()) accept();
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
const byCode = { ...pictureCodes, KeyQ: 'ask', KeyZ: 'undo', F2: 'ask', F8: 'rescan' };

document.addEventListener('keydown', (event) => {
  hand.touch();
  keys += 1;
  if (!event.repeat && !['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) hand.current.keys += 1;
  if (rejecting.open) rejectingKey(event);
  if (rejecting.open || asking.open || helping.open || lost.open || event.defaultPrevented && event.key !== '?') return;
  if (event.key === 'Enter') return void enter(event);
  if (event.target.closest('.text') && !/^(Escape|F\d+)$/.test(event.key)) return; // letters, not commands
  const withControl = event.code === 'KeyZ' && (event.ctrlKey || event.metaKey);
  if (!withControl && (event.ctrlKey || event.altKey || event.metaKey)) return;
  const command = event.key === 'Escape' ? 'reject' : pictureKeys[event.key] ?? byCode[event.code];
  if (!command) return;
  event.preventDefault();
  if (!event.repeat || command === 'larger' || command === 'smaller') commands[command]();
}, true);

undoing.hidden = !judged.any;
hand.begin();
