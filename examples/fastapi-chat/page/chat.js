// The page of the chat: shows the events of the room, sends what is typed, and comes back by itself
// when the connection ends.

// RFC 6455's registry: the server restarts, and the next one serves already.
const SERVICE_RESTART = 1012;
// Milliseconds between attempts. Each failure doubles the wait.
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
// A page that is left open for days forgets what scrolled away long ago.
const MOST_LINES = 1000;

const byId = (id) => document.getElementById(id);
const messages = byId("messages");
const entrance = byId("entrance");
const desk = byId("desk");

let name = "";
let socket = null;
let failures = 0;
// The messages that are shown, as "room/number": after a reconnection the history comes again.
const shown = new Set();

function connect() {
  setState("connecting", "connecting …");
  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.search = new URLSearchParams({ name });
  socket = new WebSocket(url);
  let opened = false;
  socket.onopen = () => { opened = true; };
  socket.onmessage = (event) => handle(JSON.parse(event.data));
  socket.onclose = (event) => comeBack(event, opened);
}

function comeBack(event, opened) {
  // Only a connection that was open says something about the server; a refused one says 1006.
  const wait = opened && event.code === SERVICE_RESTART ? 0 : backOff();
  const reason = event.reason || `code ${event.code}`;
  const when = wait ? `in ${Math.ceil(wait / 1000)} s` : "at once";
  setState("closed", `connection lost (${reason}), trying again ${when}`);
  notice(`connection lost (code ${event.code})`);
  setTimeout(connect, wait);
}

// The wait grows with each failure, and half of it is chance: a thousand pages that lost the same
// server must not come back in the same moment.
function backOff() {
  const wait = Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT);
  failures += 1;
  return wait / 2 + Math.random() * wait / 2;
}

const handlers = {
  welcome(event) {
    failures = 0;
    setState("open", `connected as ${name}`);
    event.messages.forEach((message) => showMessage({ ...message, room: event.room }));
    showHere(event.here);
  },
  message: showMessage,
  joined(event) {
    notice(`${event.name} came in`);
    showHere(event.here);
  },
  left(event) {
    notice(`${event.name} went away`);
    showHere(event.here);
  },
  error(event) {
    notice(`not sent: ${event.detail}`);
  },
};

function handle(event) {
  handlers[event.type]?.(event);
}

function showMessage({ room, id, name: author, text, at }) {
  const key = `${room}/${id}`;
  if (shown.has(key)) return;
  shown.add(key);
  const time = element("time", new Date(at).toLocaleTimeString());
  time.dateTime = at;
  addLine(time, element("b", author), element("span", text));
}

function notice(text) {
  addLine(text).className = "notice";
}

function addLine(...content) {
  const line = element("li");
  line.append(...content);
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40;
  messages.append(line);
  if (messages.childElementCount > MOST_LINES) messages.firstElementChild.remove();
  if (atEnd) line.scrollIntoView();
  return line;
}

function showHere(names) {
  byId("here").replaceChildren(...names.map((one) => element("li", one)));
}

// All text goes in as text: nothing that somebody types becomes HTML.
function element(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function setState(state, text) {
  document.documentElement.dataset.state = state;
  byId("status").textContent = text;
}

function comeIn(as) {
  name = as;
  sessionStorage.setItem("name", name);
  entrance.hidden = true;
  byId("room").hidden = false;
  desk.elements.text.focus();
  connect();
}

entrance.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = entrance.elements.name.value.trim();
  if (given) comeIn(given);
});

desk.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = desk.elements.text.value.trim();
  if (!text || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ text }));
  desk.elements.text.value = "";
});

// Somebody who reloads the page is known already.
const known = sessionStorage.getItem("name");
if (known) comeIn(known);
