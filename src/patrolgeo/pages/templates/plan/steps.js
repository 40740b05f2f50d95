// recorded incidents step by step: a slider, buttons, and the numbers of the step that is shown
const PAUSE = 900; // milliseconds between two steps that play
const stepped = layers.find((layer) => layer.steps);
if (stepped) {
  const { steps, edges } = stepped, hidden = stepped.classes.slice(), numbers = new Float32Array(cells.count);
  const count = unpackNumbers(stepped.counts), from = [];
  let n = 0, at = steps.length - 1, playing = 0;
  for (const step of steps) {
    step.gaps = new Uint8Array(bytes(step.cells));
    from.push(n);
    for (const gap of step.gaps) n += gap < 255;
  }
  stepped.values = (i) => numbers[i];
  const bar = document.querySelector(".steps"), slider = bar.querySelector("input"), play = bar.querySelector(".play");
  const back = bar.querySelector(".back"), on = bar.querySelector(".on"), named = [bar.querySelector("output"), document.getElementById("step")];
  slider.max = at;

  const showStep = (k) => {
    at = Math.max(0, Math.min(steps.length - 1, k));
    const { gaps, first, last, sum } = steps[at];
    stepped.classes.set(hidden);
    numbers.fill(0);
    let i = -1, c = from[at];
    for (const gap of gaps) {
      i += gap;
      if (gap === 255) continue; // as many are passed over, and the gap goes on
      i += 1;
      numbers[i] = count(c++);
      stepped.classes[i] = 1 + edges.filter((edge) => numbers[i] >= edge).length;
    }
    const known = { first, last, n: show(sum) };
    stepped.title = fill(words.steps_at, known);
    for (const box of named) box.textContent = fill(words.steps_now, known);
    slider.value = at;
    slider.setAttribute("aria-valuetext", named[0].textContent);
    back.disabled = at === 0;
    on.disabled = at === steps.length - 1;
    if (active === stepped) sheet.draw();
  };

  const setPlaying = (yes) => {
    clearInterval(playing);
    playing = yes && setInterval(() => { if (at < steps.length - 1) showStep(at + 1); else setPlaying(false); }, PAUSE);
    play.title = yes ? words.steps_stop : words.steps_play;
    play.setAttribute("aria-label", play.title);
    play.querySelector("path").setAttribute("d", yes ? "M6 5h4v14H6zM14 5h4v14h-4z" : "M7 4v16l13-8z");
  };
  const stepTo = (k) => { setPlaying(false); showStep(k); };
  play.addEventListener("click", () => {
    if (!playing && at === steps.length - 1) showStep(0);
    setPlaying(!playing);
  });
  back.addEventListener("click", () => stepTo(at - 1));
  on.addEventListener("click", () => stepTo(at + 1));
  slider.addEventListener("input", () => stepTo(Number(slider.value)));
  for (const input of document.querySelectorAll("input[name=layer]")) {
    input.addEventListener("change", () => {
      if (active !== stepped) setPlaying(false);
      if (bar.hidden === (active !== stepped)) return;
      bar.hidden = active !== stepped;
      arrange();
    });
  }
  setPlaying(false);
  showStep(at);
}
