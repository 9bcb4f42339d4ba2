/** What can be wrong with a folder of images. Every message begins with the path of what is wrong. */

/** Nothing to learn from: neither images nor folders of images. */
export class NoImagesError extends Error {
  override readonly name = 'NoImagesError'
  readonly code = 'ERR_NO_IMAGES'

  constructor(folder: string) {
    super(`${folder} holds no images: put the images of each class into a folder named after it, in this folder`)
  }
}

/** The folder of a class without an image. */
export class EmptyClassError extends Error {
  override readonly name = 'EmptyClassError'
  readonly code = 'ERR_EMPTY_CLASS'

  constructor(folder: string) {
    super(`${folder} is the folder of a class and holds no image: add some, or remove it`)
  }
}

/** A folder below the folder of a class. */
export class NestedFolderError extends Error {
  override readonly name = 'NestedFolderError'
  readonly code = 'ERR_NESTED_FOLDER'

  constructor(folder: string) {
    super(`${folder} is a folder inside the folder of a class: give as data the folder whose folders are the classes`)
  }
}

/** An image beside the folders of classes. */
export class StrayImageError extends Error {
  override readonly name = 'StrayImageError'
  readonly code = 'ERR_STRAY_IMAGE'

  constructor(path: string) {
    super(`${path} lies beside the folders of classes: move it into the folder of its class, or elsewhere`)
  }
}

/** A link that leads nowhere, in a circle, or back to a folder above it. */
export class BrokenLinkError extends Error {
  override readonly name = 'BrokenLinkError'
  readonly code = 'ERR_BROKEN_LINK'

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} is a link that leads nowhere or in a circle: remove it, or put the files themselves here`, options)
  }
}

/** Neither PNG nor JPEG by its first bytes. */
export class NotAnImageError extends Error {
  override readonly name = 'NotAnImageError'
  readonly code = 'ERR_NOT_AN_IMAGE'

  constructor(path: string) {
    super(`${path} is neither a PNG nor a JPEG image: convert it, or take it out of the folder`)
  }
}

/** An image that ends too early or does not decode. `cause`: what the decoder said. */
export class DamagedImageError extends Error {
  override readonly name = 'DamagedImageError'
  readonly code = 'ERR_DAMAGED_IMAGE'

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path} is damaged: ${reason}; save it again, or remove it`, options)
  }
}

/** More pixels, or more bytes, than an image of a run has. */
export class ImageTooLargeError extends Error {
  override readonly name = 'ImageTooLargeError'
  readonly code = 'ERR_IMAGE_TOO_LARGE'

  constructor(path: string, found: string, limit: string) {
    super(`${path} has ${found}, at most ${limit} fit: make the images smaller, say 64 x 64 pixels`)
  }
}

/** An image of another size than the first one of its folder. */
export class ImageSizeError extends Error {
  override readonly name = 'ImageSizeError'
  readonly code = 'ERR_IMAGE_SIZE'

  constructor(path: string, found: string, first: string, expected: string) {
    super(`${path} is ${found} pixels, but ${first} is ${expected}: all images of a run have one size, resize it`)
  }
}
