// The page of the notes. Its tokens are in cookies that no script can read, so there is nothing here
// to keep or to lose: the browser sends them, and this asks for new ones when they are over.

const byId = (id) => document.getElementById(id);
const login = byId("login");
const add = byId("add");

async function ask(path, method = "GET", body = undefined) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return fetch(path, { method, headers, body: JSON.stringify(body) });
}

// An access token is valid for minutes. Whoever is refused gets new tokens, once, and asks again.
async function askWithToken(...request) {
  const answer = await ask(...request);
  if (answer.status !== 401 || !(await refresh())) return answer;
  return ask(...request);
}

// One at a time. Another tab may do the same at this moment: within its grace the server gives both
// the same tokens.
let refreshing = null;

async function refresh() {
  refreshing ??= ask("api/token/refresh/", "POST").finally(() => { refreshing = null; });
  return (await refreshing).ok;
}

async function show() {
  const answer = await askWithToken("api/me/");
  if (!answer.ok) return showLogin(answer.status === 401 ? "logged out" : await problem(answer));
  const me = await answer.json();
  const notes = await (await askWithToken("api/notes/")).json();
  const items = notes.map(({ text }) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  byId("notes").replaceChildren(...items);
  byId("status").textContent = `logged in as ${me.username}; process ${me.pid} has answered`;
  showDesk(true);
}

function showLogin(status) {
  byId("notes").replaceChildren();
  byId("status").textContent = status;
  showDesk(false);
}

function showDesk(isLoggedIn) {
  login.hidden = isLoggedIn;
  byId("desk").hidden = !isLoggedIn;
}

// What an answer says of itself: `detail`, or what is wrong with each field.
async function problem(answer) {
  const told = await answer.json().catch(() => ({}));
  return told.detail ?? Object.values(told).flat().join(" ") ?? answer.statusText;
}

// Handles a form or a button; whatever goes wrong is shown.
function on(element, event, handle) {
  element.addEventListener(event, async (happened) => {
    happened.preventDefault();
    try {
      await handle();
    } catch (error) {
      byId("status").textContent = String(error);
    }
  });
}

on(login, "submit", async () => {
  const answer = await ask("api/token/", "POST", Object.fromEntries(new FormData(login)));
  if (!answer.ok) return showLogin(await problem(answer));
  login.reset();
  await show();
});

on(add, "submit", async () => {
  const answer = await askWithToken("api/notes/", "POST", Object.fromEntries(new FormData(add)));
  if (answer.ok) add.reset();
  await show();
});

on(byId("again"), "click", show);

on(byId("logout"), "click", async () => {
  await ask("api/token/blacklist/", "POST");
  await show();
});

on(byId("logout-all"), "click", async () => {
  await askWithToken("api/token/logout-all/", "POST");
  await show();
});

show().catch((error) => showLogin(String(error)));
