// Narrows the matrix down; without it nothing is lost.
(() => {
  const bar = document.querySelector(".bar");
  const rows = [...document.querySelectorAll("#matrix tbody tr")];
  bar.hidden = false;
  bar.addEventListener("input", () => {
    const [find, risk, status] = [...bar.querySelectorAll("input,select")].map((field) => field.value.toLowerCase());
    for (const row of rows) {
      row.hidden = !(
        (!risk || row.dataset.risk === risk) &&
        (!status || row.dataset.status === status) &&
        row.textContent.toLowerCase().includes(find)
      );
    }
  });
})();
