// Before anything is drawn: the colours that the reader chose on another page. A file's pages may keep nothing.
try {
  const chosen = localStorage.getItem("aa-tui-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch (error) {
  document.documentElement.dataset.keeps = "nothing";
}
