/** Of this build: what reports and `--version` name. */
export const VERSION = '0.1.0';
