import { lazy, Suspense, useEffect } from 'react';
import type { App } from '../state/app.ts';
import { TensorFileSheet } from './formats/TensorFileSheet.tsx';
import { useDocument, useRecipes, useSettings } from './kit/use-store.ts';
import { HelpSheet } from './shell/HelpSheet.tsx';
import { Notices } from './shell/Notices.tsx';
import { Palette } from './shell/Palette.tsx';
import { Studio } from './shell/Studio.tsx';
import { useKeys } from './shell/use-keys.ts';
import { DropWindow } from './start/DropWindow.tsx';
import { StartPage } from './start/StartPage.tsx';

const RecipesSheet = lazy(() =>
  import('./recipes/RecipesSheet.tsx').then((module) => ({ default: module.RecipesSheet })),
);

/** The theme stands on the root element, where the tokens look for it. */
function useTheme(app: App): void {
  const theme = useSettings(app, (settings) => settings.theme);
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const set = (): void => {
      document.documentElement.dataset['theme'] = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
    };
    set();
    dark.addEventListener('change', set);
    return () => dark.removeEventListener('change', set);
  }, [theme]);
}

function useTitle(app: App): void {
  const name = useDocument(app, (state) => state.document?.name);
  useEffect(() => {
    document.title = name === undefined ? 'Whittle' : `${name} · Whittle`;
  }, [name]);
}

/** The whole page. */
export function WhittleApp({ app }: { readonly app: App }) {
  useTheme(app);
  useTitle(app);
  useKeys(app);
  const open = useDocument(app, (state) => state.document !== null);
  const recipes = useRecipes(app, (state) => state.open);
  return (
    <>
      {open ? <Studio app={app} /> : <StartPage app={app} />}
      <DropWindow app={app} />
      <Palette app={app} />
      <HelpSheet app={app} />
      <TensorFileSheet app={app} />
      {recipes && (
        <Suspense fallback={null}>
          <RecipesSheet app={app} />
        </Suspense>
      )}
      <Notices app={app} />
    </>
  );
}
