import { useEffect, useRef, useState } from 'react';
import type { SamplePicture as Picture } from '../../../engine/accuracy/data.ts';
import type { App } from '../../../state/app.ts';
import { useAccuracy } from '../../kit/use-store.ts';

interface Props {
  readonly app: App;
  readonly index: number;
  /** As the model gets it, not as it lies in the files. */
  readonly fed: boolean;
  readonly label: string;
  /** Side of the square that it stands in, px. */
  readonly side: number;
}

/** One sample, asked for when it is shown; nothing where it is no image. */
export function SamplePicture({ app, index, fed, label, side }: Props) {
  const used = useAccuracy(app, (state) => state.used);
  const [shown, setShown] = useState<{ readonly of: unknown; readonly picture: Picture | null } | null>(null);
  // Other data or another preprocessing look otherwise.
  const picture = shown?.of === used ? shown.picture : null;
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isOver = false;
    void app.actions.accuracyPicture(index, fed).then((found) => isOver || setShown({ of: used, picture: found }));
    return () => {
      isOver = true;
    };
  }, [app, index, fed, used]);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!picture || !context) return;
    context.putImageData(new ImageData(picture.rgba, picture.width, picture.height), 0, 0);
  }, [picture]);
  if (!picture) return <span className="sample-picture" style={{ width: side, height: side }} aria-hidden="true" />;
  const { width, height } = picture;
  const scale = side / Math.max(width, height);
  return (
    <span className="sample-picture" style={{ width: side, height: side }}>
      <canvas
        ref={canvas}
        width={width}
        height={height}
        role="img"
        aria-label={label}
        style={{ width: width * scale, height: height * scale, imageRendering: scale > 1.5 ? 'pixelated' : 'auto' }}
      />
    </span>
  );
}
