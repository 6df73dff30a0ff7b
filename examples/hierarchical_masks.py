# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Mask nested sequences and image sequences
#
# A recurrent layer needs a mask of shape `(batch, timesteps)`.
# For words in sentences, or pixels in images, the mask that Keras creates has more axes.
# Compute the mask of the sentences or images yourself, and pass it with `mask=`.
#
# (guide-hierarchical-masks)=
# ## Propagated masks in a model of words and sentences
#
# Each document contains sentences, and each sentence contains words. The token 0 is padding.
# `Embedding(mask_zero=True)` creates a mask with one value per word.
# `TimeDistributed` passes the mask of each sentence to the wrapped layer.
# It then propagates the complete mask of the words unchanged:

# %%
import keras
import numpy as np

keras.utils.set_random_seed(0)
# (documents, sentences, words)
documents = [
    [[4, 2, 0, 0], [1, 3, 5, 0], [0, 0, 0, 0]],
    [[6, 0, 0, 0], [2, 7, 0, 0], [1, 1, 1, 1]],
]
words = np.array(documents)
embedding = keras.layers.Embedding(
    9,
    5,
    embeddings_initializer="glorot_uniform",
    mask_zero=True,
)
sentence_lstm = keras.layers.LSTM(6)
wrapper = keras.layers.TimeDistributed
encoder = wrapper(sentence_lstm)

word_mask = embedding.compute_mask(words)
sentences = encoder(embedding(words))
propagated = encoder.compute_mask(
    embedding(words),
    word_mask,
)
print("words    ", word_mask.shape)
print("sentences", sentences.shape)
print("mask     ", propagated.shape)
assert np.array_equal(propagated, word_mask)

# %% [markdown]
# The sentence vectors are correct because padded words are ignored:

# %%
unpadded = sentence_lstm(
    embedding(words[0, :1, :2]),
)
print(np.round(sentences[0, 0], 3))
print(np.round(unpadded[0], 3))


def same(one, other):
    """Compare two results, up to rounding."""
    return np.allclose(one, other, atol=1e-6)


assert same(sentences[0, 0], unpadded[0])

# %% [markdown]
# The next recurrent layer receives the mask of the words instead of one value per sentence.
# In this model, it raises an error:

# %%
try:
    keras.layers.LSTM(7)(sentences)
except Exception as error:
    message = str(error)
    start = message.index("condition")
    stop = message.index(" must be")
    print(message[start:stop])

assert "condition [2,4], then [2,7]" in message

# %% [markdown]
# :::{warning}
# If the layer has as many units as each sentence has words, it raises no error but returns wrong
# values. Each value of the mask then masks one unit.
# :::
#
# The problem was reported in
# [TensorFlow issue 50534](https://github.com/tensorflow/tensorflow/issues/50534).
#
# ## Compute the mask of the sentences
#
# A sentence is padding if it contains no words.
# In a functional model, compute the mask from the input and pass it to the document layer.
# The result then equals the result for the document without padding:


# %%
document_lstm = keras.layers.LSTM(4)


def build(pass_mask):
    """Create a model of documents."""
    inputs = keras.Input((3, 4), dtype="int32")
    mask = None
    if pass_mask:
        is_word = keras.ops.not_equal(inputs, 0)
        mask = keras.ops.any(is_word, axis=-1)
    hidden = encoder(embedding(inputs))
    outputs = document_lstm(hidden, mask=mask)
    return keras.Model(inputs, outputs)


passed = build(True).predict(words, verbose=0)
wrong = build(False).predict(words, verbose=0)
expected = document_lstm(
    np.array(sentences)[:1, :2],
)
print("passed    ", np.round(passed[0], 3))
print("propagated", np.round(wrong[0], 3))
print("expected  ", np.round(expected[0], 3))
assert same(passed[0], expected[0])
assert not same(wrong[0], expected[0])

# %% [markdown]
# :::{note}
# If `TimeDistributed` wraps a model that contains the `Embedding`, no mask is propagated.
# The document layer then processes padded sentences, so pass the mask in this case too.
# :::

# %%
inputs = keras.Input((4,), dtype="int32")
sentence_model = keras.Model(
    inputs,
    sentence_lstm(embedding(inputs)),
)
wrapped = wrapper(sentence_model)
vectors = wrapped(words)
sentence_mask = np.any(words != 0, axis=-1)
no_mask = document_lstm(vectors)
with_mask = document_lstm(
    vectors,
    mask=sentence_mask,
)
print("no mask  ", np.round(no_mask[0], 3))
print("with mask", np.round(with_mask[0], 3))
assert not same(no_mask[0], expected[0])
assert same(with_mask[0], expected[0])

# %% [markdown]
# (guide-convlstm-masks)=
# ## Mask padded images before a ConvLSTM
#
# A ConvLSTM also needs a mask with one value per time step.
# Here, images that contain only zeros are padding:

# %%
# (batch, timesteps, rows, columns, channels)
images = np.random.normal(size=(2, 3, 8, 9, 1))
images[0, 2] = 0
mask = np.any(images != 0, axis=(2, 3, 4))
print(mask)

conv_lstm = keras.layers.ConvLSTM2D(
    4,
    kernel_size=3,
)
masked = conv_lstm(images, mask=mask)
unmasked = conv_lstm(images)
expected = conv_lstm(images[:1, :2])
print(np.round(masked[0, 0, 0], 2), "masked")
print(np.round(unmasked[0, 0, 0], 2), "no mask")
print(np.round(expected[0, 0, 0], 2), "short")
assert same(masked[:1], expected)
assert not same(unmasked[:1], expected)

# %% [markdown]
# In a functional model, compute the mask with Keras operations:

# %%
inputs = keras.Input((3, 8, 9, 1))
is_pixel = keras.ops.not_equal(inputs, 0)
is_image = keras.ops.any(
    is_pixel,
    axis=(2, 3, 4),
)
model = keras.Model(
    inputs,
    conv_lstm(inputs, mask=is_image),
)
prediction = model.predict(images, verbose=0)
print(prediction.shape)
assert same(prediction[:1], expected)

# %% [markdown]
# ## Do not use `Masking` before a ConvLSTM
#
# `Masking` creates a mask with one value per pixel.
# If the output images are smaller than the input images, the ConvLSTM raises an error:

# %%
masking = keras.layers.Masking()
print(masking.compute_mask(images).shape)
try:
    conv_lstm(masking(images))
except Exception as error:
    message = str(error)
    start = message.index("condition")
    stop = message.index(" must be")
    print(message[start:stop])

assert "condition [2,8,9,4]" in message

# %% [markdown]
# :::{warning}
# With `padding="same"` and `strides=1`, the ConvLSTM raises no error.
# A pixel whose channels are all zero is then masked, even in an image that is not padding.
# :::

# %%
images[1, 2, 3, 3] = 0
same_size = keras.layers.ConvLSTM2D(
    4,
    kernel_size=3,
    padding="same",
)
by_pixel = same_size(masking(images))
by_image = same_size(images, mask=mask)
print("Masking", np.round(by_pixel[1, 3, 3], 3))
print("mask=  ", np.round(by_image[1, 3, 3], 3))
assert not same(by_pixel[1], by_image[1])

# %% [markdown]
# `TimeDistributed(Flatten())` after `Masking` also propagates the mask of the pixels.
# If you flatten images, pass the mask of the images to the recurrent layer:

# %%
flatten = wrapper(keras.layers.Flatten())
lstm = keras.layers.LSTM(4)
vectors = flatten(images)
masked = lstm(vectors, mask=mask)
expected = lstm(vectors[:1, :2])
print(np.round(masked[0], 3))
print(np.round(expected[0], 3))
assert same(masked[:1], expected)

pixels = masking.compute_mask(images)
propagated = flatten.compute_mask(
    vectors,
    pixels,
)
print(propagated.shape)
assert propagated.shape == pixels.shape

# %% [markdown]
# ## Limitations
#
# `BatchNormalization` after a ConvLSTM with `return_sequences=True` raises an error if it receives
# the mask.

# %%
layer = keras.layers.ConvLSTM2D(
    4,
    kernel_size=3,
    return_sequences=True,
)
frames = layer(images, mask=mask)
try:
    keras.layers.BatchNormalization()(frames)
except ValueError as error:
    message = str(error)
    start = message.index("The mask provided")
    print(message[start:].split(".")[0])

assert "one dimension less" in message

# %% [markdown]
# ## See also
#
# - [](mask_padded_sequences.py): create and pass masks.
# - [](../docs/layers/time-distributed.md): apply a layer to each sentence or image.
# - [](../docs/layers/convlstm.md): what a ConvLSTM returns.
