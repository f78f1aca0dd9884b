/** The unix socket of a warehouse's folder. */
export const socketName = 'goldpan.sock'
