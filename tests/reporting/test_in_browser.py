"""The pages in a browser: what their script and style do."""

import pytest

from trax_twitter_sentiment.reporting.content import gather
from trax_twitter_sentiment.reporting.page import render
from trax_twitter_sentiment.run.run import Run


@pytest.fixture(scope='module')
def page(browser, run_dir, tmp_path_factory):
  """Returns the browser at the report of a run."""
  path = tmp_path_factory.mktemp('pages') / 'report.html'
  path.write_text(render(gather(Run(run_dir))))
  browser.get(path.as_uri())
  return browser


def visible(page, selector):
  return [e for e in page.find_elements('css selector', selector) if e.is_displayed()]


def lists_of_ten(page):
  items = page.find_elements('css selector', '.mistakes.pages')
  return [len(visible_items(each)) for each in items]


def visible_items(element):
  return [e for e in element.find_elements('css selector', 'li') if e.is_displayed()]


def test_ten_mistakes_are_shown_and_ten_more_on_request(page):
  page.refresh()
  assert max(lists_of_ten(page)) == 10
  *_, more = visible(page, 'button.more')
  more.click()
  assert lists_of_ten(page)[-1] == 20
  # The keyboard goes on at the first new mistake.
  assert page.switch_to.active_element.tag_name == 'li'


def test_mistakes_can_be_searched_and_filtered(page):
  page.refresh()
  page.find_element('css selector', 'select[name=label] option[value="1"]').click()
  shown = visible(page, '.mistakes.pages > li')
  assert shown
  assert {each.get_attribute('data-label') for each in shown} == {'1'}
  page.find_element('css selector', 'input[name=text]').send_keys('no such text')
  assert not visible(page, '.mistakes.pages > li')
  assert page.find_element('css selector', 'output').text == '0 of 0 shown'


def test_share_of_a_word_shows_on_focus(page):
  page.refresh()
  mark, *_ = visible(page, '.mistakes mark[data-share]')
  page.execute_script('arguments[0].focus()', mark)
  script = "return getComputedStyle(arguments[0], '::after').content"
  assert page.execute_script(script, mark) == f'"{mark.get_attribute("data-share")}"'


@pytest.mark.parametrize('width', [1400, 800, 390])
def test_page_is_as_wide_as_the_window(page, width):
  window = page.get_window_size()
  page.set_window_size(width, 900)
  try:
    content_width, window_width = page.execute_script(
        'return [document.documentElement.scrollWidth, window.innerWidth]'
    )
  finally:
    # The browser is shared by all tests of a process.
    page.set_window_size(**window)
  assert content_width <= window_width
