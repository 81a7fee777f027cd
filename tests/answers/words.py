"""What people and machines say in four languages. Everybody here is invented."""

from collections.abc import Mapping, Sequence

Words = Mapping[str, Sequence[str]]

SHORT: Words = {
    "ru": ("Алло?", "Да?", "Слушаю.", "Алло, да."),
    "uk": ("Алло?", "Так?", "Слухаю.", "Так, слухаю."),
    "pl": ("Halo?", "Tak?", "Słucham.", "Halo, słucham."),
    "en": ("Hello?", "Yes?", "Hi.", "Hello, yes."),
}
NAMED: Words = {
    "ru": ("Иванова, слушаю.", "Алло, Пётр у телефона.", "Магазин Ромашка, добрый день."),
    "uk": ("Коваль, слухаю.", "Алло, Оксана слухає.", "Крамниця Ромашка, добрий день."),
    "pl": ("Nowak, słucham.", "Halo, mówi Piotr.", "Sklep Stokrotka, dzień dobry."),
    "en": ("Hello, John speaking.", "Smith residence.", "Daisy's flowers, good morning."),
}
QUESTION: Words = {
    "ru": ("Да, слушаю вас, кто это?", "Алло, кто говорит?"),
    "uk": ("Так, слухаю вас, хто це?", "Алло, хто говорить?"),
    "pl": ("Tak, słucham, kto mówi?", "Halo, kto dzwoni?"),
    "en": ("Yes, hello, who is this?", "Hello, who's calling please?"),
}
LONG: Words = {
    "ru": (
        "Алло, да, подождите минутку, я сейчас выйду из магазина, тут очень шумно, вот, теперь говорите, я вас слушаю.",
        "Да, здравствуйте, если вы опять насчёт интернета, то мне ничего не нужно, я уже три раза вам говорила.",
    ),
    "uk": (
        "Алло, так, зачекайте хвилинку, я зараз вийду з крамниці, тут дуже гучно, ось, тепер кажіть, я слухаю.",
        "Так, добрий день, якщо ви знову щодо інтернету, то мені нічого не потрібно, я вже тричі вам казала.",
    ),
    "pl": (
        "Halo, tak, proszę chwilę zaczekać, zaraz wyjdę ze sklepu, tu jest bardzo głośno, no już, teraz słucham.",
        "Tak, dzień dobry, jeśli dzwonią państwo znowu w sprawie internetu, to niczego nie potrzebuję, mówiłam już.",
    ),
    "en": (
        "Hello, yes, hang on a minute, I am just getting out of the shop, it is so loud in here, right, go ahead now.",
        "Yes, good morning, if this is about the broadband again, I have told you three times that I do not want it.",
    ),
}
GREETING: Words = {
    "ru": (
        "Здравствуйте, вы позвонили Петру. Сейчас я не могу ответить. Оставьте сообщение после сигнала.",
        "Вас приветствует автоответчик. Никого нет дома. Пожалуйста, говорите после звукового сигнала.",
        "Это голосовая почта. Абонент не может принять ваш звонок, оставьте, пожалуйста, сообщение, и вам перезвонят, "
        "как только смогут. Спасибо, что позвонили, и хорошего вам дня.",
        "Привет, это Маша, я занята, перезвоню, оставь сообщение.",
    ),
    "uk": (
        "Вітаю, ви зателефонували Петрові. Зараз я не можу відповісти. Залиште повідомлення після сигналу.",
        "Вас вітає автовідповідач. Нікого немає вдома. Будь ласка, говоріть після звукового сигналу.",
        "Це голосова пошта. Абонент не може прийняти ваш дзвінок, залиште, будь ласка, повідомлення, і вам "
        "зателефонують, щойно зможуть. Дякуємо за дзвінок, гарного вам дня.",
        "Привіт, це Марійка, я зайнята, передзвоню, залиш повідомлення.",
    ),
    "pl": (
        "Dzień dobry, tu Piotr. Nie mogę teraz odebrać. Proszę zostawić wiadomość po sygnale.",
        "Tu automatyczna sekretarka. Nikogo nie ma w domu. Proszę mówić po usłyszeniu sygnału.",
        "To jest poczta głosowa. Abonent nie może odebrać połączenia, proszę zostawić wiadomość, a oddzwonimy tak "
        "szybko, jak to możliwe. Dziękujemy za telefon i życzymy miłego dnia.",
        "Cześć, tu Kasia, jestem zajęta, oddzwonię, zostaw wiadomość.",
    ),
    "en": (
        "Hello, you have reached Peter. I can't take your call right now. Please leave a message after the tone.",
        "This is the answering machine. Nobody is at home. Please speak after the tone.",
        "You have reached the voice mailbox of the number you dialled. The person you are calling is not available, "
        "please leave your message and we will call you back as soon as possible. Thank you for calling, goodbye.",
        "Hi, it's Mary, I'm busy, I'll call you back, leave me a message.",
    ),
}
OPERATOR: Words = {
    "ru": (
        "Аппарат абонента выключен или находится вне зоны действия сети.",
        "Абонент временно недоступен. Пожалуйста, перезвоните позднее.",
        "Набранный вами номер не обслуживается. Проверьте правильность набора номера.",
    ),
    "uk": (
        "Телефон абонента вимкнений або перебуває поза зоною досяжності.",
        "Абонент тимчасово недоступний. Будь ласка, зателефонуйте пізніше.",
        "Набраний вами номер не обслуговується. Перевірте, чи правильно ви набрали номер.",
    ),
    "pl": (
        "Abonent ma wyłączony telefon lub znajduje się poza zasięgiem sieci.",
        "Abonent jest czasowo niedostępny. Prosimy zadzwonić później.",
        "Wybrany numer nie jest obsługiwany. Proszę sprawdzić, czy numer został wybrany poprawnie.",
    ),
    "en": (
        "The telephone you are calling is switched off or out of coverage.",
        "The person you are calling is unavailable. Please try again later.",
        "The number you have dialled is not in service. Please check the number and dial again.",
    ),
}
CURT: Words = {
    "ru": ("Оставьте сообщение.", "После сигнала."),
    "uk": ("Залиште повідомлення.", "Після сигналу."),
    "pl": ("Zostaw wiadomość.", "Po sygnale."),
    "en": ("Leave a message.", "After the tone."),
}
OPENING: Words = {
    "ru": ("Здравствуйте.", "Алло."),
    "uk": ("Добрий день.", "Алло."),
    "pl": ("Dzień dobry.", "Halo."),
    "en": ("Hello.", "Good morning."),
}
LANGUAGES = tuple(SHORT)
