// all is there: show what is switched on, and keep it in order while the map moves
for (const input of document.querySelectorAll("input[name=overlay]")) {
  const group = groups.find((one) => one.key === input.value);
  if (group) group.shown = input.checked;
  input.closest(".overlay").classList.toggle("shown", input.checked);
  if (input.checked) overlays[input.value].addTo(map);
}
leadersSheet.addTo(map);
chosenSheet.addTo(map);
arrange();
map.on("moveend resize", arrange);
document.documentElement.dataset.drawn = cells.count;
