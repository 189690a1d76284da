// Adds to the board's page of a task what the board itself lacks: a button that retries it.
(() => {
  const task = () => location.pathname.match(/^\/queues\/([^/]+)\/tasks\/([^/]+)$/);
  const hasFailed = () =>
    [...document.querySelectorAll("span, div, p")].some((node) => node.children.length === 0 && node.textContent.trim() === "Failed");
  const button = document.createElement("button");
  button.id = "mahnwerk-retry";
  button.textContent = "Retry task";
  button.className = "px-4 py-1 rounded";
  button.setAttribute("style", "position:fixed;right:14rem;top:.5rem;z-index:99;background:#1d4ed8;color:#fff");
  button.addEventListener("click", async () => {
    const [, queue, id] = task();
    button.disabled = true;
    const answer = await fetch(`/api/v1/queues/${queue}/tasks/${id}/retry`, { method: "POST", headers: { "x-requested-with": "board" } });
    const body = await answer.json().catch(() => ({}));
    button.textContent = answer.ok ? "It is sent again" : `Refused: ${body.error ?? answer.status}`;
    if (answer.ok) setTimeout(() => location.reload(), 1200);
  });
  setInterval(() => {
    if (task() && (hasFailed() || button.disabled)) {
      if (!button.isConnected) document.body.appendChild(button);
    } else {
      button.remove();
      button.disabled = false;
      button.textContent = "Retry task";
    }
  }, 300);
})();
