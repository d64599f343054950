import { Moon, Sun, SunMoon } from 'lucide-react';
import type { App } from '../../state/app.ts';
import type { Theme } from '../../state/settings.ts';
import { IconButton } from './controls.tsx';
import { useSettings } from './use-store.ts';

const ICONS = { dark: Moon, light: Sun, system: SunMoon } as const;
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

/** Dark, light, or as the system has it. */
export function ThemeButton({ app }: { readonly app: App }) {
  const theme = useSettings(app, (settings) => settings.theme);
  return (
    <IconButton
      icon={ICONS[theme]}
      label={`Theme: ${theme}. Change to ${NEXT[theme]}`}
      onClick={() => app.actions.changeSettings({ theme: NEXT[theme] })}
    />
  );
}
