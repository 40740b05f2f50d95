// signs and names as elements that can be read, clicked and reached with the keyboard; made once, shown where they fit
const made = new Map();

function signElement(group, i) {
  const sort = group.sorts[group.sort[i]], title = titleOf(group, i);
  const sign = button("", null, () => openMark(group, i), `mark ${group.key} ${sort.look}${group.numbered ? " numbered" : ""}`);
  sign.title = title;
  sign.setAttribute("aria-label", title);
  sign.style.setProperty("--tint", sort.colour);
  if (!group.numbered) sign.tabIndex = -1; // hundreds of them; the search reaches each
  sign.innerHTML = `<svg viewBox="-13 -13 26 26" aria-hidden="true"><path d="${data.signs[sort.sign]}"/></svg>`;
  element("span", group.numbered ? String(i + 1) : "", sign);
  L.DomEvent.disableClickPropagation(sign);
  return sign;
}

// many at once: the browser then lays them out once and not for each
function makeAll(wanted) {
  const fresh = wanted.filter(([key]) => !made.has(key)).map(([key, make]) => [key, make()]);
  marksPane.append(...fresh.map(([, box]) => box));
  for (const [key, box] of fresh) made.set(key, { box, wide: Math.ceil(box.offsetWidth), high: Math.ceil(box.offsetHeight) });
  for (const [, box] of fresh) box.remove();
}

function nameElement(text, name, act) {
  const box = element("span", text, null, `label ${name}`);
  if (act) box.addEventListener("click", (event) => { L.DomEvent.stop(event); act(); });
  return box;
}

function chipElement(i) {
  const box = button(data.areas.names[i], null, () => openArea(i), "label chip");
  box.style.setProperty("--tint", data.areas.tints[i]);
  L.DomEvent.disableClickPropagation(box);
  return box;
}

function putSigns() {
  const keep = new Set();
  makeAll([...placed].filter(([, mark]) => !mark.label).map(([key, mark]) => [key, () => signElement(mark.group, mark.i)]));
  for (const [key, mark] of placed) {
    const { box } = mark.label ?? made.get(key);
    const { x, y } = map.containerPointToLayerPoint([mark.x, mark.y]);
    keep.add(box);
    box.style.transform = `translate(${Math.round(x)}px,${Math.round(y)}px) translate(-50%,-50%)${mark.angle ? ` rotate(${mark.angle}rad)` : ""}`;
    if (mark.members) {
      box.style.setProperty("--edge", `${mark.edge}px`);
      const several = mark.members.length > 1, own = mark.group.numbered ? String(mark.i + 1) : "";
      const count = mark.group.numbered ? `${own}+${mark.members.length - 1}` : String(mark.members.length);
      box.querySelector("span").textContent = several ? count : own;
      box.classList.toggle("several", several);
    }
    if (!box.isConnected) marksPane.append(box);
  }
  for (const box of [...marksPane.children]) if (!keep.has(box)) box.remove();
}

const leadersSheet = new Sheet("leaders", (context, { margin }) => {
  for (const [from, to, colour] of leaders) {
    for (const [stroke, width] of [["#ffffff", 3.4], [colour, 1.4]]) {
      Object.assign(context, { strokeStyle: stroke, fillStyle: stroke, lineWidth: width });
      context.beginPath();
      context.moveTo(from.x + margin.x, from.y + margin.y);
      context.lineTo(to.x + margin.x, to.y + margin.y);
      context.stroke();
      context.beginPath();
      context.arc(from.x + margin.x, from.y + margin.y, 1 + width, 0, 7);
      context.fill();
    }
  }
});
