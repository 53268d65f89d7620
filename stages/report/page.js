const picks = document.querySelector(".picks");
if (picks) {
  const choose = (kind) => {
    for (const button of picks.children) button.ariaPressed = String(button.dataset.pick === kind);
    for (const fold of document.querySelectorAll("details[data-kind]"))
      fold.hidden = kind !== "" && fold.dataset.kind !== kind;
  };
  picks.hidden = false;
  picks.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.dataset.pick);
  });
  choose("");
}
