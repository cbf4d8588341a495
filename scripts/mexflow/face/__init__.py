"""Detection, landmarks, alignment and regions of the face."""
