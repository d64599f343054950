import { Download, X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { plural } from '../../../base/format.ts';
import { pictureFileName } from '../../../state/exporting.ts';
import { Button, IconButton, Segments } from '../../kit/controls.tsx';
import type { Camera } from '../camera.ts';
import type { Shown } from '../paint/make-frame.ts';
import { lightTheme } from '../theme.ts';
import type { PictureSaving } from '../types.ts';
import { drawPicture, endingOf } from './draw.ts';
import { areaOf, sizeOf, type PictureWish } from './size.ts';

interface Props {
  readonly saving: PictureSaving;
  readonly shown: Shown;
  readonly camera: Camera;
}

const FIRST: PictureWish = { area: 'view', format: 'png', scale: 2, theme: 'page' };
const SCALES: readonly PictureWish['scale'][] = [1, 2, 4];

/** Which picture is to be saved: how large it gets is said before. */
export function PictureDialog({ saving, shown, camera }: Props) {
  const [wish, setWish] = useState(FIRST);
  const area = areaOf(wish, shown.scene, camera);
  const { text, parts } = sizeOf(wish, area);
  const file = pictureFileName(saving.model, endingOf(wish, parts));
  const change = (patch: Partial<PictureWish>): void => setWish({ ...wish, ...patch });
  const save = (): void => {
    const theme = wish.theme === 'light' ? lightTheme() : shown.theme;
    saving.close();
    saving.save(file, (job) => drawPicture(wish, { shown: { ...shown, theme }, area, name: saving.model }, job));
  };
  return (
    <Dialog.Root open onOpenChange={saving.close}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          aria-describedby={undefined}
          className="pop fixed top-[18vh] left-1/2 z-50 w-[min(420px,92vw)] -translate-x-1/2 p-5"
        >
          <div className="flex items-center justify-between">
            <Dialog.Title className="text-18 font-strong tracking-[-0.018em]">Save a picture</Dialog.Title>
            <Dialog.Close asChild>
              <IconButton icon={X} label="Close" />
            </Dialog.Close>
          </div>
          <div className="mt-4 grid grid-cols-[88px_1fr] items-center gap-y-2.5 text-12">
            <span className="text-ink-2">What</span>
            <Segments stretch label="What" value={wish.area} options={AREAS} onChange={(area) => change({ area })} />
            <span className="text-ink-2">Format</span>
            <Segments
              stretch
              label="Format"
              value={wish.format}
              options={FORMATS}
              onChange={(format) => change({ format })}
            />
            {wish.format === 'png' && (
              <>
                <span className="text-ink-2">Scale</span>
                <Segments
                  stretch
                  label="Scale"
                  value={`${wish.scale}`}
                  options={SCALES.map((scale) => ({ value: `${scale}`, label: `${scale}×` }))}
                  onChange={(scale) => change({ scale: SCALES.find((each) => `${each}` === scale) ?? 1 })}
                />
              </>
            )}
            <span className="text-ink-2">Colours</span>
            <Segments
              stretch
              label="Colours"
              value={wish.theme}
              options={THEMES}
              onChange={(theme) => change({ theme })}
            />
          </div>
          <p className="num mt-4 text-12 text-ink-2" role="status">
            {text}
            {parts > 1 &&
              `, more than a browser draws at once. It is saved as ${plural(parts, 'part')} in one archive; SVG is one file at any size.`}
          </p>
          <div className="mt-4 flex items-center justify-between gap-3">
            <span className="mono ell text-11 text-ink-3">{file}</span>
            <Button variant="primary" icon={Download} onClick={save}>
              {parts > 1 ? `Save ${plural(parts, 'part')}` : 'Save'}
            </Button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const AREAS = [
  { value: 'view', label: 'The view' },
  { value: 'graph', label: 'The whole graph' },
] as const;
const FORMATS = [
  { value: 'png', label: 'PNG' },
  { value: 'svg', label: 'SVG' },
] as const;
const THEMES = [
  { value: 'page', label: 'As shown' },
  { value: 'light', label: 'Light, as for print' },
] as const;
