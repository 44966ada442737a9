// Draws every chart into its place, and says on <html> when that is done.
(async () => {
  const page = JSON.parse(document.getElementById("charts").textContent);
  const draw = async ([key, spec]) => {
    const place = document.getElementById("chart-" + key);
    try {
      await vegaEmbed(place, spec, {
        renderer: "svg",
        actions: false,
        ast: true, // expressions are interpreted, so that the page's policy need not allow eval
        defaultStyle: false,
        tooltip: { disableDefaultStyle: true },
        formatLocale: page.numbers,
        timeFormatLocale: page.dates,
      });
    } catch (error) {
      place.textContent = place.dataset.failed;
      console.error(key, error);
    }
  };
  await Promise.all(Object.entries(page.specs).map(draw));
  document.documentElement.dataset.drawn = "yes";
})();
