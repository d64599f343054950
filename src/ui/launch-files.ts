/** Files that the system opens with the installed studio (File Handling API); absent in browsers without it. */
interface LaunchQueue {
  setConsumer(consumer: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void): void;
}

/** Takes files that the installed studio is opened with: the browser keeps them until it is asked. */
export function takeLaunched(
  open: (files: readonly File[]) => void,
  scope: { readonly launchQueue?: LaunchQueue } = window as { launchQueue?: LaunchQueue },
): void {
  scope.launchQueue?.setConsumer(({ files }) => {
    if (files.length > 0) void Promise.all(files.map((handle) => handle.getFile())).then(open);
  });
}
