// The desk: asks the server for pieces of the page and puts them in. What a click does is named by `data-do`.

const $ = (id) => document.getElementById(id);
const QUEUE_EVERY = 3000, TALK_EVERY = 1500;
let chosen = '', version = '', messages = -1, mine = false, noted = false, sending = null;

// --- asking ------------------------------------------------------------------------------------------------------------

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  if (answer.status === 401) location.assign('/desk/login');
  if (!answer.ok) throw new Refused((await answer.json().catch(() => null))?.error?.message || 'The server failed.');
  return answer;
}

class Refused extends Error {}

// The lines of JSON of an answer, each as soon as it is there.
async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      const whole = (rest + value).split('\n');
      rest = whole.pop();
      for (const line of whole) yield JSON.parse(line);
    }
  } finally {
    reader.cancel();
  }
}

const about = (part) => `/desk/conversations/${encodeURIComponent(chosen)}${part}`;

function tell(sentence) {
  $('toast').textContent = sentence;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { $('toast').textContent = ''; }, 5000);
}

async function tried(work) {
  try {
    await work();
    $('lost').hidden = true;
  } catch (error) {
    if (error instanceof Refused) tell(error.message);
    else $('lost').hidden = false;
  }
}

// A piece that is the same stays untouched; open folds stay open, the focus stays where it was.
function put(id, html) {
  const place = $(id);
  if (place.shown === html) return false;
  const open = new Map([...place.querySelectorAll('details[data-keep]')].map((d) => [d.dataset.keep, d.open]));
  const focused = place.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  place.shown = html;
  place.innerHTML = html;
  place.querySelectorAll('details[data-keep]').forEach((d) => { if (open.has(d.dataset.keep)) d.open = open.get(d.dataset.keep); });
  if (focused) [...place.querySelectorAll('button, select, summary')].find((e) => keyOf(e) === focused)?.focus();
  return true;
}

const keyOf = (element) => JSON.stringify([element.tagName, element.id, { ...element.dataset }]);

// --- what is shown ---------------------------------------------------------------------------------------------------

async function showQueue() {
  const wanted = new URLSearchParams(new FormData($('filters')));
  wanted.set('chosen', chosen);
  put('queue', await (await ask(`/desk/queue?${wanted}`)).text());
}

async function showTalk() {
  if (!chosen) return;
  const session = chosen;
  const answer = await ask(about(`?seen=${encodeURIComponent(version)}`));
  if (answer.status === 204 || session !== chosen) return;
  const news = await answer.json();
  if (session !== chosen) return;
  const talk = $('talk');
  $('composer').hidden = false;
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
  for (const [id, html] of Object.entries(news.pieces)) put(id, html);
  if (atEnd || news.messages > messages) talk.scrollTop = talk.scrollHeight;
  ({ version, messages, mine, noted } = news);
  $('message').disabled = $('send').disabled = !mine;
  $('message').placeholder = mine ? 'Write to the shopper' : 'Take over to write to the shopper';
  $('hint').textContent = mine ? 'The assistant is silent. Ctrl+Enter sends.' : '';
  tried(showCopilot);
}

let asked = 0;

async function showCopilot() {
  const own = ++asked, session = chosen;
  $('copilot').setAttribute('aria-busy', 'true');
  try {
    for await (const { html, error } of lines(await ask(about('/copilot')))) {
      if (own !== asked || session !== chosen) return;
      if (error) throw new Refused(error);
      put('copilot', html);
    }
  } finally {
    if (own === asked) $('copilot').removeAttribute('aria-busy');
  }
}

function again(work, every) {
  const run = async () => {
    if (!document.hidden) await tried(work);
    setTimeout(run, every);
  };
  run();
}

// --- what an agent does ----------------------------------------------------------------------------------------------

function pane(name) {
  document.body.dataset.pane = name;
  for (const button of document.querySelectorAll('.panes button')) {
    if (button.dataset.pane === name) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}

async function open(session) {
  if (session !== chosen) {
    drafts.set(chosen, $('message').value);
    $('message').value = drafts.get(session) || '';
    [chosen, version, messages, sending] = [session, '', -1, null];
    for (const id of ['copilot', 'action', 'customer', 'log', 'needs', 'course', 'talk', 'head']) put(id, '');
  }
  $('welcome').hidden = true;
  pane('chat');
  await showTalk();
  await showQueue();
}

const drafts = new Map();

function insert(text, add) {
  if (!mine) return tell('Take the conversation over first: press t.');
  const field = $('message');
  field.value = add && field.value.trim() ? `${field.value.trimEnd()}\n${text}` : text;
  sending = null;
  pane('chat');
  field.focus();
}

async function send() {
  const text = $('message').value;
  if (!text.trim() || !mine) return;
  sending ??= crypto.getRandomValues(new Uint32Array(4)).join('-');
  $('send').disabled = true;
  try {
    await ask(about('/say'), { text, key: sending });
    $('message').value = '';
    sending = null;
  } finally {
    $('send').disabled = !mine;
  }
  await showTalk();
}

async function hold(part) {
  if (!chosen) return;
  const held = mine;
  await ask(about(part), {});
  await showTalk();
  await showQueue();
  if (mine) $('message').focus();
  else if (held && !noted) await wrap();
}

// What stands above the suggestions: a form, or what came of one.
function act(html) {
  put('action', html);
  pane('copilot');
  document.querySelector('[data-column=copilot]').scrollTop = 0;
}

async function wrap() {
  if (!chosen) return;
  act(await (await ask(about('/wrap-up'))).text());
  $('wrap-up').querySelector('.go').focus();
}

async function note(form) {
  await ask(about('/wrap-up'), Object.fromEntries(new FormData(form)));
  put('action', '');
  if (!mine) pane('queue');
  await showTalk();
  tell('The note is kept.');
}

async function prepare(name, filled, why) {
  if (!name) return tell('Choose an action first.');
  act(await (await ask(about('/form'), { name, arguments: filled, why })).text());
  $('action').querySelector('select, input:not([type=hidden]), textarea')?.focus();
}

async function check(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (name === 'item' || name === 'swap') (fields[name] ??= []).push(value);
    else fields[name] = value;
  }
  const { name, why } = form.dataset;
  put('verdict', await (await ask(about('/propose'), { name, fields, why })).text());
  ($('verdict').querySelector('.go') || $('verdict').querySelector('button'))?.focus({ preventScroll: true });
  $('verdict').scrollIntoView({ block: 'nearest' });
}

async function settle(part, token) {
  put('action', await (await ask(about(part), { token })).text());
  version = '';
  await showTalk();
}

const DOES = {
  help: () => $('help').showModal(),
  pane: (b) => pane(b.dataset.pane),
  open: (b) => tried(() => open(b.dataset.session)),
  take: () => tried(() => hold('/take')),
  give: () => tried(() => hold('/give')),
  wrap: () => tried(wrap),
  insert: (b) => insert(b.dataset.text, b.dataset.add),
  dismiss: () => put('action', ''),
  prepare: (b) => tried(() => prepare($(`act-${b.dataset.order}`).value, { order_id: b.dataset.order }, '')),
  suggested: (b) => tried(async () => {
    await prepare(b.dataset.name, JSON.parse(b.dataset.arguments), b.dataset.why);
    if (mine && 'complete' in b.dataset) await check($('request'));
  }),
  confirm: (b) => tried(() => settle('/confirm', b.dataset.token)),
  decline: (b) => tried(() => settle('/decline', b.dataset.token)),
  cite: (b) => tried(async () => {
    const { kind, id, quote = '' } = b.dataset;
    put('sheet-body', await (await ask(about(`/citation?${new URLSearchParams({ kind, id, quote })}`))).text());
    $('sheet').showModal();
    $('sheet').scrollTop = 0;
    $('sheet').querySelector('mark')?.scrollIntoView({ block: 'center' });
  }),
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do]');
  if (button && !button.disabled) DOES[button.dataset.do](button);
});
document.addEventListener('submit', (event) => {
  const work = {
    composer: send, filters: showQueue, request: () => check(event.target), 'wrap-up': () => note(event.target),
  }[event.target.id];
  if (!work) return;
  event.preventDefault();
  tried(work);
});
$('filters').addEventListener('input', () => tried(showQueue));
$('message').addEventListener('input', () => { sending = null; });

// --- keys ------------------------------------------------------------------------------------------------------------

function step(by) {
  const rows = [...document.querySelectorAll('#queue .row')];
  const at = rows.indexOf(document.activeElement);
  const from = at >= 0 ? at : rows.findIndex((row) => row.dataset.session === chosen);
  pane('queue');
  rows[Math.min(Math.max(from + by, 0), rows.length - 1)]?.focus();
}

const KEYS = {
  j: () => step(1), k: () => step(-1), t: DOES.take, g: DOES.give, w: DOES.wrap, '?': DOES.help, Escape: DOES.dismiss,
  a: () => document.querySelector('#copilot [data-do=suggested]')?.click(),
  '/': () => { pane('queue'); $('search').focus(); }, r: () => { pane('chat'); $('message').focus(); },
};

document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, textarea, select');
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && event.target.id === 'message') tried(send);
  if (event.key === 'Escape' && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const work = KEYS[event.key] || (/^[1-6]$/.test(event.key)
    ? () => document.querySelector(`#copilot [data-do=insert][aria-keyshortcuts="${event.key}"]`)?.click() : null);
  if (!work) return;
  event.preventDefault();
  work();
});

again(showQueue, QUEUE_EVERY);
again(showTalk, TALK_EVERY);
