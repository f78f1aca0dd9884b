const advice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder: check the path',
  EACCES: 'permission denied: run as a user who may read it',
  EISDIR: 'it is a folder: name a file in it',
  ENOTDIR: 'part of its path is no folder: check the path',
  ELOOP: 'its links lead in a circle: name the file itself',
  ENAMETOOLONG: 'its name is too long: check the path',
}

/** What a failed system call says of a file that a user named: what, where, what to do. */
export function explainUnreadable(name: string, error: unknown): string {
  const { code = '', message } = error as { readonly code?: string; readonly message?: string }
  return `${name} cannot be read: ${advice[code] ?? message}`
}
