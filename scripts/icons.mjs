// Draws the icons of the installed studio from public/favicon.svg, in Chromium: `node scripts/icons.mjs`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';

const folder = fileURLToPath(new URL('../public/', import.meta.url));
const mark = readFileSync(`${folder}favicon.svg`, 'utf8');

/** Masks may cut to the middle four fifths, so a maskable icon has a ground up to its edge and a smaller mark. */
const ICONS = [
  { file: 'icon-192.png', size: 192, share: 0.7, corner: 0.22 },
  { file: 'icon-512.png', size: 512, share: 0.7, corner: 0.22 },
  { file: 'icon-maskable-512.png', size: 512, share: 0.52, corner: 0 },
];
const GROUND = '#131517';

const browser = await chromium.launch({ executablePath: findChromium() ?? undefined, args: CHROMIUM_FLAGS });
try {
  const page = await browser.newPage({ colorScheme: 'dark' });
  for (const { file, size, share, corner } of ICONS) {
    await page.setViewportSize({ width: size, height: size });
    const ground = `width:${size}px;height:${size}px;border-radius:${corner * size}px;background:${GROUND};display:grid;place-items:center`;
    await page.setContent(`<body style="margin:0"><div style="${ground}"><div style="width:${share * size}px">${mark}`);
    await page.screenshot({ path: `${folder}${file}`, omitBackground: true });
    console.log(`${file}: ${size} px`);
  }
} finally {
  await browser.close();
}
