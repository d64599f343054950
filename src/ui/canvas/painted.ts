/** How often it is looked whether the picture is whole, and how long one waits for it at most, ms. */
const EVERY = 40;
const LONGEST = 2000;

/**
 * Resolves once the canvas shows its whole picture (`data-whole`, which the painter sets), or no canvas is to come:
 * then at the latest after two seconds.
 */
export function whenPainted(): Promise<void> {
  const end = performance.now() + LONGEST;
  return new Promise((resolve) => {
    const look = (): void => {
      const whole = document.querySelector('canvas.gc-painted[data-whole]') !== null;
      if (whole || performance.now() > end) resolve();
      else setTimeout(look, EVERY);
    };
    // The picture before, if there is one, stands until the page has been rendered anew.
    setTimeout(look, EVERY);
  });
}
